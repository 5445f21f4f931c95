import { type EmailCondition, MailError } from '@gatepost/core'

import { foldText } from '../fold-text.ts'
import { keyOf } from '../ids.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'

/** Bounds on a condition: SQLite itself stops at a depth of 1,000. */
const maxDepth = 100
const maxConditions = 2_000

const nothing = sqlPiece('0')

/**
 * Conditions become SQL over `e` (email), `x` (its folded text) and, in a mailbox, `m` (membership).
 * @throws MailError limit `search.tooComplex`
 */
export class ConditionCompiler {
  readonly #account: number
  readonly #hasMailbox: boolean
  #count = 0

  constructor(account: number, hasMailbox: boolean) {
    this.#account = account
    this.#hasMailbox = hasMailbox
  }

  compile(condition: EmailCondition, depth = 0): Compiled {
    this.#count += 1
    if (depth > maxDepth || this.#count > maxConditions)
      throw new MailError('limit', 'search.tooComplex', 'The search has too many conditions')
    if (condition.kind === 'not') {
      const inner = this.compile(condition.of, depth + 1)
      return sqlPiece(`NOT (${inner.text})`, ...inner.params)
    }
    if (!('of' in condition)) return this.#leaf(condition)
    const isAnd = condition.kind === 'and'
    if (condition.of.length === 0) return sqlPiece(isAnd ? '1' : '0')
    const pieces = condition.of.map((one) => this.compile(one, depth + 1))
    const joined = joinPieces(pieces, isAnd ? ' AND ' : ' OR ')
    return sqlPiece(`(${joined.text})`, ...joined.params)
  }

  #leaf(condition: Exclude<EmailCondition, { kind: 'and' | 'or' | 'not' }>): Compiled {
    switch (condition.kind) {
      case 'all':
        return sqlPiece('1')
      case 'inMailbox':
        return this.#inMailboxes('IN', [condition.mailbox])
      case 'inMailboxOtherThan':
        return this.#inMailboxes('NOT IN', condition.mailboxes)
      case 'uids':
        return this.#hasMailbox ? uidRanges(condition.ranges) : nothing
      case 'emails':
        return keys('e.id', 'e', condition.ids)
      case 'threads':
        return keys('e.thread_id', 't', condition.ids)
      case 'keyword':
        return hasKeyword('e', condition.keyword)
      case 'threadKeyword':
        return threadKeyword(condition.which, condition.keyword)
      case 'deleted':
        return this.#hasMailbox ? sqlPiece('m.is_deleted = 1') : nothing
      case 'hasAttachment':
        return sqlPiece('e.has_attachment = 1')
      case 'modSeqAtLeast':
        return sqlPiece(`${this.#hasMailbox ? 'm' : 'e'}.mod_seq >= ?`, condition.modSeq)
      case 'header':
        return sqlPiece(
          'header_contains(e.blob_id, ?, ?)',
          condition.name.toLowerCase(),
          foldText(condition.contains),
        )
      case 'sizeAtLeast':
      case 'sizeBelow':
      case 'receivedFrom':
      case 'receivedBefore':
      case 'sentDayFrom':
      case 'sentDayBefore':
        return numberLeaf(condition)
      case 'from':
      case 'to':
      case 'cc':
      case 'bcc':
      case 'subject':
      case 'body':
      case 'text':
        return contains(textColumns[condition.kind], condition.contains)
      default:
        throw new Error('unknown condition')
    }
  }

  #inMailboxes(how: 'IN' | 'NOT IN', ids: readonly string[]): Compiled {
    return sqlPiece(
      `EXISTS (SELECT 1 FROM membership o INDEXED BY membership_email WHERE o.account_id = ? AND o.email_id = e.id
         AND o.mailbox_id ${how} (SELECT value FROM json_each(?)))`,
      this.#account,
      JSON.stringify(ids.map((id) => keyOf('m', id))),
    )
  }
}

const textColumns = {
  from: ['from_text'],
  to: ['to_text'],
  cc: ['cc_text'],
  bcc: ['bcc_text'],
  subject: ['subject'],
  body: ['body'],
  text: ['subject', 'from_text', 'to_text', 'cc_text', 'bcc_text', 'body'],
} as const

type NumberLeaf = Extract<EmailCondition, { readonly bytes: number } | { readonly at: number }>

function numberLeaf(condition: NumberLeaf): Compiled {
  switch (condition.kind) {
    case 'sizeAtLeast':
      return sqlPiece('e.size >= ?', condition.bytes)
    case 'sizeBelow':
      return sqlPiece('e.size < ?', condition.bytes)
    case 'receivedFrom':
      return sqlPiece('e.received_at >= ?', condition.at)
    case 'receivedBefore':
      return sqlPiece('e.received_at < ?', condition.at)
    // Without a Date neither holds: NULL would make NOT of it hold nothing as well.
    case 'sentDayFrom':
      return sqlPiece('ifnull(e.sent_day >= ?, 0)', condition.at)
    case 'sentDayBefore':
      return sqlPiece('ifnull(e.sent_day < ?, 0)', condition.at)
    default:
      throw new Error('unknown condition')
  }
}

function contains(columns: readonly string[], text: string): Compiled {
  const folded = foldText(text)
  const pieces = columns.map((column) => sqlPiece(`instr(x.${column}, ?) > 0`, folded))
  const joined = joinPieces(pieces, ' OR ')
  return sqlPiece(`(${joined.text})`, ...joined.params)
}

function hasKeyword(table: string, keyword: string): Compiled {
  return sqlPiece(`instr(${table}.keywords, ?) > 0`, ` ${keyword.toLowerCase()} `)
}

/** RFC 8621 section 4.4.1: allInThreadHaveKeyword and its like. */
function threadKeyword(which: 'all' | 'some' | 'none', keyword: string): Compiled {
  const has = hasKeyword('k', keyword)
  const exists = which === 'some' ? 'EXISTS' : 'NOT EXISTS'
  const test = which === 'all' ? `NOT (${has.text})` : has.text
  return sqlPiece(
    `${exists} (SELECT 1 FROM email k INDEXED BY email_thread WHERE k.account_id = e.account_id AND k.thread_id = e.thread_id AND ${test})`,
    ...has.params,
  )
}

function keys(column: string, letter: 'e' | 't', ids: readonly string[]): Compiled {
  return sqlPiece(
    `${column} IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids.map((id) => keyOf(letter, id))),
  )
}

function uidRanges(ranges: readonly (readonly [number, number])[]): Compiled {
  if (ranges.length === 0) return nothing
  const [first] = ranges
  if (ranges.length === 1 && first !== undefined)
    return sqlPiece('m.uid BETWEEN ? AND ?', first[0], first[1])
  return sqlPiece('in_ranges(m.uid, ?)', JSON.stringify(ranges))
}
