import { accountNotFound, mailboxNotFound, toWire } from '../errors.ts'
import { keyOf } from '../ids.ts'
import type { Sql } from '../sql.ts'
import { ConditionCompiler } from './compile-condition.ts'
import { compileSort } from './compile-sort.ts'
import { headerContains } from './header-search.ts'
import { columnsPerHit, type SearchReply, type SearchRequest } from './protocol.ts'

type Row = readonly [email: number, thread: number, modSeq: number, uid: number]

/** Runs in the search thread: one query at a time, each over a snapshot. */
export class SearchRunner {
  readonly #sql: Sql
  #ranges: { readonly text: string; readonly list: readonly (readonly [number, number])[] } = {
    text: '[]',
    list: [],
  }

  constructor(sql: Sql) {
    this.#sql = sql
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
    const usesText = `${where.text} ${order.text}`.includes('x.')
    const text = usesText ? 'JOIN blob_text x ON x.blob_id = e.blob_id' : ''
    const from = hasMailbox
      ? 'FROM membership m CROSS JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id'
      : 'FROM email e'
    const scope = hasMailbox ? 'm.account_id = ? AND m.mailbox_id = ?' : 'e.account_id = ?'
    // Not kept prepared: the text is the client's.
    const statement = this.#sql.db.prepare(
      `SELECT e.id, e.thread_id, ${hasMailbox ? 'm.mod_seq, m.uid' : 'e.mod_seq, 0'}
         ${from} ${text} WHERE ${scope} AND (${where.text}) ORDER BY ${order.text}`,
    )
    statement.setReturnArrays(true)
    const own = hasMailbox ? [account, mailbox] : [account]
    const rows = statement.all(...own, ...where.params, ...order.params) as unknown as Row[]
    const columns = new Float64Array(rows.length * columnsPerHit)
    for (const [at, row] of rows.entries()) columns.set(row, at * columnsPerHit)
    return { id, columns, state }
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
