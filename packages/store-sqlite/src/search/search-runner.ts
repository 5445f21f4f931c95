import { accountNotFound, mailboxNotFound, toWire } from '../errors.ts'
import { keyOf } from '../ids.ts'
import type { Sql } from '../sql.ts'
import { ConditionCompiler } from './compile-condition.ts'
import { compileSort } from './compile-sort.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'
import { ftsExpression } from './fts-expression.ts'
import { headerContains } from './header-search.ts'
import { columnsPerHit, type SearchReply, type SearchRequest } from './protocol.ts'
import type { TextIndex } from './text-index.ts'

/** More candidates than this are not worth it: the emails are gone through one by one. */
const maxCandidates = 20_000

const narrowedEmails = 'email e INDEXED BY email_blob'

type Row = readonly [email: number, thread: number, modSeq: number, uid: number]

/** Runs in the search thread: one query at a time, each over a snapshot. */
export class SearchRunner {
  readonly #sql: Sql
  readonly #index: () => TextIndex | undefined
  #ranges: { readonly text: string; readonly list: readonly (readonly [number, number])[] } = {
    text: '[]',
    list: [],
  }

  /** Without an index every text is looked through. */
  constructor(sql: Sql, index: () => TextIndex | undefined) {
    this.#sql = sql
    this.#index = index
    sql.db.function('in_ranges', { deterministic: true }, (uid, ranges) =>
      this.#inRanges(Number(uid), String(ranges)) ? 1 : 0,
    )
    sql.db.function('header_contains', { deterministic: true }, (blob, name, folded) =>
      headerContains(sql, Number(blob), String(name), String(folded)) ? 1 : 0,
    )
  }

  run(request: SearchRequest): SearchReply {
    this.#sql.db.exec('BEGIN DEFERRED')
    try {
      return this.#search(request)
    } catch (error) {
      return { id: request.id, error: toWire(error) }
    } finally {
      this.#sql.db.exec('ROLLBACK')
    }
  }

  #search({ id, account, query }: SearchRequest): SearchReply {
    const state = this.#sql.get<{ mod_seq: number }>(
      'SELECT mod_seq FROM account WHERE id = ?',
      account,
    )?.mod_seq
    if (state === undefined) throw accountNotFound()
    const mailbox = query.mailbox === undefined ? undefined : keyOf('m', query.mailbox)
    if (mailbox !== undefined) this.#checkMailbox(account, mailbox)
    const hasMailbox = mailbox !== undefined
    const where = new ConditionCompiler(account, hasMailbox).compile(query.where)
    const order = compileSort(query.sort, hasMailbox)
    const rows = this.#rows({ account, mailbox, where, order, narrowed: this.#narrow(query) })
    const columns = new Float64Array(rows.length * columnsPerHit)
    for (const [at, row] of rows.entries()) columns.set(row, at * columnsPerHit)
    return { id, columns, state }
  }

  #rows(search: CompiledSearch): Row[] {
    const { account, mailbox, where, order, narrowed } = search
    const usesText = `${where.text} ${order.text}`.includes('x.')
    const isInMailbox = mailbox !== undefined
    const own = isInMailbox
      ? sqlPiece(
          'm.account_id = ? AND m.mailbox_id = ? AND e.account_id = ?',
          account,
          mailbox,
          account,
        )
      : sqlPiece('e.account_id = ?', account)
    const conditions = [own, ...(narrowed === undefined ? [] : [narrowed]), where]
    const all = joinPieces(
      conditions.map(({ text, params }) => sqlPiece(`(${text})`, ...params)),
      ' AND ',
    )
    // CROSS JOIN fixes the order: the few emails first, or else the mailbox.
    const inMailbox =
      narrowed === undefined
        ? 'membership m CROSS JOIN email e'
        : `${narrowedEmails} CROSS JOIN membership m INDEXED BY membership_email`
    // Not kept prepared: the text is the client's.
    const statement = this.#sql.db.prepare(
      `SELECT e.id, e.thread_id, ${isInMailbox ? 'm.mod_seq, m.uid' : 'e.mod_seq, 0'}
         FROM ${isInMailbox ? `${inMailbox} ON e.id = m.email_id` : narrowed === undefined ? 'email e' : narrowedEmails}
         ${usesText ? 'JOIN blob_text x ON x.blob_id = e.blob_id' : ''}
         WHERE ${all.text} ORDER BY ${order.text}`,
    )
    statement.setReturnArrays(true)
    return statement.all(...all.params, ...order.params) as unknown as Row[]
  }

  /** The emails that the full-text index leaves: those it finds, and those that it does not know yet. */
  #narrow({ where }: SearchRequest['query']): Compiled | undefined {
    const index = this.#index()
    const expression = index === undefined ? undefined : ftsExpression(where)
    if (index === undefined || expression === undefined) return undefined
    const found = index.candidates(expression, maxCandidates + 1)
    if (found === undefined || found.length > maxCandidates) return undefined
    return sqlPiece(
      // Not `IN (...) OR e.blob_id > ?`: with that every email of the account is looked at.
      'e.blob_id IN (SELECT value FROM json_each(?) UNION ALL SELECT id FROM blob WHERE id > ?)',
      JSON.stringify([...found, ...index.lateBlobs()]),
      index.lastBlob,
    )
  }

  #checkMailbox(account: number, mailbox: number): void {
    const row = this.#sql.get(
      'SELECT 1 FROM mailbox WHERE account_id = ? AND id = ?',
      account,
      mailbox,
    )
    if (row === undefined) throw mailboxNotFound()
  }

  #inRanges(uid: number, text: string): boolean {
    if (this.#ranges.text !== text)
      this.#ranges = { text, list: JSON.parse(text) as (readonly [number, number])[] }
    const { list } = this.#ranges
    let low = 0
    let high = list.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const [from, to] = list[middle] ?? [0, 0]
      if (uid < from) high = middle - 1
      else if (uid > to) low = middle + 1
      else return true
    }
    return false
  }
}

interface CompiledSearch {
  readonly account: number
  readonly mailbox: number | undefined
  readonly where: Compiled
  readonly order: Compiled
  readonly narrowed: Compiled | undefined
}
