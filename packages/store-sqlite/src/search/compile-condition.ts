import { type EmailCondition, MailError } from '@gatepost/core'
import { foldText, keyOf } from '@gatepost/store-model'

import { hasKeyword, threadKeyword } from './compile-keyword.ts'
import { type Compiled, joinBalanced, joinPieces, sqlPiece } from './compiled.ts'
import type { SearchView } from './search-view.ts'

/** Bounds on a condition: SQLite itself stops at a depth of 1,000. */
const maxDepth = 100
const maxConditions = 2_000
/** What a search looks for in each text, together: what one email can cost grows with it. */
const maxSoughtText = 8_192

const nothing = sqlPiece('0')

/**
 * Conditions become SQL over `e` (email), `x` (its folded text) and, in a mailbox, `m` (membership).
 * @throws MailError limit `search.tooComplex`
 */
export class ConditionCompiler {
  readonly #view: SearchView
  readonly #hasMailbox: boolean
  #count = 0
  #soughtText = 0

  constructor(view: SearchView, hasMailbox: boolean) {
    this.#view = view
    this.#hasMailbox = hasMailbox
  }

  compile(condition: EmailCondition, depth = 0): Compiled {
    this.#count += 1
    if (depth > maxDepth || this.#count > maxConditions)
      throw tooComplex('The search has too many conditions')
    if (condition.kind === 'not') {
      const inner = this.compile(condition.of, depth + 1)
      return sqlPiece(`NOT (${inner.text})`, ...inner.params)
    }
    if (!('of' in condition)) return this.#leaf(condition)
    const isAnd = condition.kind === 'and'
    if (condition.of.length === 0) return sqlPiece(isAnd ? '1' : '0')
    const pieces = condition.of.map((one) => this.compile(one, depth + 1))
    const joined = joinBalanced(pieces, isAnd ? ' AND ' : ' OR ')
    return sqlPiece(`(${joined.text})`, ...joined.params)
  }

  /** @throws MailError limit `search.tooComplex` */
  #sought(text: string): string {
    const folded = foldText(text.slice(0, maxSoughtText + 1))
    this.#soughtText += folded.length
    if (this.#soughtText > maxSoughtText) throw tooComplex('The search is for too much text')
    return folded
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
      case 'originals':
        return keys('CASE e.copy_of WHEN 0 THEN e.id ELSE e.copy_of END', 'e', condition.ids)
      case 'threads':
        return keys('e.thread_id', 't', condition.ids)
      case 'keyword':
        return hasKeyword(this.#view, 'e', condition.keyword)
      case 'threadKeyword':
        return threadKeyword(this.#view, condition.which, condition.keyword)
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
          this.#sought(condition.contains),
        )
      case 'anyHeader':
        return sqlPiece('any_header_contains(e.blob_id, ?)', this.#sought(condition.contains))
      case 'sizeAtLeast':
      case 'sizeBelow':
      case 'receivedFrom':
      case 'receivedBefore':
      case 'receivedDayFrom':
      case 'receivedDayBefore':
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
        return contains(textColumns[condition.kind], this.#sought(condition.contains))
      default:
        throw new Error('unknown condition')
    }
  }

  #inMailboxes(how: 'IN' | 'NOT IN', ids: readonly string[]): Compiled {
    return sqlPiece(
      `EXISTS (SELECT 1 FROM membership o INDEXED BY membership_email WHERE o.account_id = ? AND o.email_id = e.id
         AND o.mailbox_id ${how} (SELECT value FROM json_each(?)))`,
      this.#view.account,
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

/** The clock of the zone that the time was given in. */
const receivedThere = '(e.received_at + e.zone_minutes * 60000)'

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
    case 'receivedDayFrom':
      return sqlPiece(`${receivedThere} >= ?`, condition.at)
    case 'receivedDayBefore':
      return sqlPiece(`${receivedThere} < ?`, condition.at)
    // Without a Date neither holds: NULL would make NOT of it hold nothing as well.
    case 'sentDayFrom':
      return sqlPiece('ifnull(e.sent_day >= ?, 0)', condition.at)
    case 'sentDayBefore':
      return sqlPiece('ifnull(e.sent_day < ?, 0)', condition.at)
    default:
      throw new Error('unknown condition')
  }
}

/** Each looks at the clock: there may be a hundred of them for an email, over a megabyte of text. */
function contains(columns: readonly string[], folded: string): Compiled {
  const pieces = columns.map((column) => sqlPiece(`instr(x.${column}, ?) > 0`, folded))
  const joined = joinPieces(pieces, ' OR ')
  return sqlPiece(`(may_go_on(e.id) AND (${joined.text}))`, ...joined.params)
}

function keys(column: string, letter: 'e' | 't', ids: readonly string[]): Compiled {
  return sqlPiece(
    `${column} IN (SELECT value FROM json_each(?))`,
    JSON.stringify(ids.map((id) => keyOf(letter, id))),
  )
}

function tooComplex(text: string): MailError {
  return new MailError('limit', 'search.tooComplex', text)
}

function uidRanges(ranges: readonly (readonly [number, number])[]): Compiled {
  if (ranges.length === 0) return nothing
  const [first] = ranges
  if (ranges.length === 1 && first !== undefined)
    return sqlPiece('m.uid BETWEEN ? AND ?', first[0], first[1])
  return sqlPiece('in_ranges(m.uid, ?)', JSON.stringify(ranges))
}
