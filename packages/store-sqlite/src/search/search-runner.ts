import type { SQLInputValue } from 'node:sqlite'

import type { EmailQuery } from '@gatepost/core'
import { accountNotFound, keyOf, mailboxNotFound } from '@gatepost/store-model'

import { toWire } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { ConditionCompiler } from './compile-condition.ts'
import { compileSort } from './compile-sort.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'
import { ftsExpression } from './fts-expression.ts'
import { HeaderSearch } from './header-search.ts'
import { columnsPerHit, type SearchReply, type SearchRequest } from './protocol.ts'
import type { SearchClock } from './search-clock.ts'
import { laneOf } from './search-lane.ts'
import type { TextIndex } from './text-index.ts'
import { UidRanges } from './uid-ranges.ts'

/** More candidates than this are not worth it: the emails are gone through one by one. */
const maxCandidates = 20_000

const narrowedEmails = 'email e INDEXED BY email_blob'

type Row = readonly [email: number, thread: number, modSeq: number, uid: number]

interface CompiledSearch {
  readonly account: number
  readonly mailbox: number | undefined
  readonly where: Compiled
  readonly order: Compiled
}

/** One connection of a search thread: one query at a time, each over a snapshot. */
export class SearchRunner {
  readonly #sql: Sql
  readonly #index: () => TextIndex | undefined
  readonly #headers: HeaderSearch
  #clock: SearchClock | undefined

  /** Without an index every text is looked through. */
  constructor(sql: Sql, index: () => TextIndex | undefined) {
    this.#sql = sql
    this.#index = index
    this.#headers = new HeaderSearch(sql)
    const ranges = new UidRanges()
    sql.db.function('in_ranges', { deterministic: true }, (uid, text) =>
      ranges.has(String(text), Number(uid)) ? 1 : 0,
    )
    // Not deterministic: SQLite would ask once for the whole statement.
    sql.db.function('may_go_on', {}, (_email) => {
      this.#clock?.check()
      return 1
    })
    sql.db.function('header_contains', { deterministic: true }, (blob, name, folded) => {
      this.#clock?.check()
      return this.#headers.contains(Number(blob), String(name), String(folded)) ? 1 : 0
    })
    sql.db.function('any_header_contains', { deterministic: true }, (blob, folded) => {
      this.#clock?.check()
      return this.#headers.containsAnywhere(Number(blob), String(folded)) ? 1 : 0
    })
  }

  /** Yields where another search may have its turn. */
  *run(request: SearchRequest, clock: SearchClock): Generator<undefined, SearchReply> {
    const { db } = this.#sql
    this.#clock = clock
    db.exec('BEGIN DEFERRED')
    try {
      return yield* this.#search(request, clock)
    } catch (error) {
      return { id: request.id, error: toWire(error) }
    } finally {
      this.#clock = undefined
      this.#headers.forget()
      db.exec('ROLLBACK')
    }
  }

  *#search(
    { id, account, query }: SearchRequest,
    clock: SearchClock,
  ): Generator<undefined, SearchReply> {
    clock.check()
    const state = this.#sql.get<{ mod_seq: number }>(
      'SELECT mod_seq FROM account WHERE id = ?',
      account,
    )?.mod_seq
    if (state === undefined) throw accountNotFound()
    const mailbox = query.mailbox === undefined ? undefined : keyOf('m', query.mailbox)
    if (mailbox !== undefined) this.#checkMailbox(account, mailbox)
    const hasMailbox = mailbox !== undefined
    const where = new ConditionCompiler(account, hasMailbox).compile(query.where)
    const order = compileSort(query.sort, { account, hasMailbox })
    const search = { account, mailbox, where, order }
    const rows =
      laneOf(query) === 'list'
        ? this.#inOrder(search, where)
        : this.#inOrder(search, yield* this.#matching(search, query, clock))
    const columns = new Float64Array(rows.length * columnsPerHit)
    for (const [at, row] of rows.entries()) columns.set(row, at * columnsPerHit)
    return { id, columns, state }
  }

  /** Those that match, in one statement. */
  #inOrder({ account, mailbox, order }: CompiledSearch, which: Compiled): Row[] {
    const own = ownOf(account, mailbox)
    const isInMailbox = mailbox !== undefined
    return [
      ...this.#rows<Row>(
        `SELECT e.id, e.thread_id, ${isInMailbox ? 'm.mod_seq, m.uid' : 'e.mod_seq, 0'}
           FROM ${isInMailbox ? 'membership m CROSS JOIN email e ON e.id = m.email_id' : 'email e'} ${textsFor(order)}
           WHERE ${own.text} AND may_go_on(e.id) AND (${which.text}) ORDER BY ${order.text}`,
        [...own.params, ...which.params, ...order.params],
      ),
    ]
  }

  /**
   * Goes through the emails one by one, a few at a time. The condition is a column and not WHERE: a statement comes back after each row, and between two
   * of them another search may have its turn.
   */
  *#matching(
    { account, mailbox, where }: CompiledSearch,
    query: EmailQuery,
    clock: SearchClock,
  ): Generator<undefined, Compiled> {
    const own = ownOf(account, mailbox)
    const narrowed = yield* this.#narrow(query, clock)
    const isInMailbox = mailbox !== undefined
    const emails = narrowed === undefined ? 'email e' : narrowedEmails
    // CROSS JOIN fixes the order: the few emails first, or else the mailbox.
    const from =
      narrowed === undefined
        ? `membership m CROSS JOIN ${emails}`
        : `${emails} CROSS JOIN membership m INDEXED BY membership_email`
    const conditions = narrowed === undefined ? own : joinPieces([own, narrowed], ' AND ')
    const found: number[] = []
    const rows = this.#rows<readonly [id: number, isMatch: number | null]>(
      `SELECT ${isInMailbox ? 'm.uid' : 'e.id'}, may_go_on(e.id) AND (${where.text})
         FROM ${isInMailbox ? `${from} ON e.id = m.email_id` : emails} ${textsFor(where)} WHERE ${conditions.text}`,
      [...where.params, ...conditions.params],
    )
    for (const [id, isMatch] of rows) {
      if (isMatch === 1) found.push(id)
      if (clock.isTurnOver) yield
    }
    return sqlPiece(
      `${isInMailbox ? 'm.uid' : 'e.id'} IN (SELECT value FROM json_each(?))`,
      JSON.stringify(found),
    )
  }

  /** The emails that the full-text index leaves: those it finds, and those that it does not know yet. */
  *#narrow({ where }: EmailQuery, clock: SearchClock): Generator<undefined, Compiled | undefined> {
    const index = this.#index()
    const expression = index === undefined ? undefined : ftsExpression(where)
    if (index === undefined || expression === undefined) return undefined
    // Before it is searched: what comes into it meanwhile is looked at twice, and not left out.
    const { lastBlob } = index
    const found = index.lateBlobs()
    for (const page of index.candidates(expression, lastBlob)) {
      if (page === undefined) return undefined
      found.push(...page)
      if (found.length > maxCandidates) return undefined
      clock.check()
      if (clock.isTurnOver) yield
    }
    return sqlPiece(
      // Not `IN (...) OR e.blob_id > ?`: with that every email of the account is looked at.
      'e.blob_id IN (SELECT value FROM json_each(?) UNION ALL SELECT id FROM blob WHERE id > ?)',
      JSON.stringify(found),
      lastBlob,
    )
  }

  /** Not kept prepared: the text is the client's. */
  #rows<T>(text: string, params: readonly SQLInputValue[]): Iterable<T> {
    const statement = this.#sql.db.prepare(text)
    statement.setReturnArrays(true)
    return statement.iterate(...params) as unknown as Iterable<T>
  }

  #checkMailbox(account: number, mailbox: number): void {
    const row = this.#sql.get(
      'SELECT 1 FROM mailbox WHERE account_id = ? AND id = ?',
      account,
      mailbox,
    )
    if (row === undefined) throw mailboxNotFound()
  }
}

function ownOf(account: number, mailbox: number | undefined): Compiled {
  return mailbox === undefined
    ? sqlPiece('e.account_id = ?', account)
    : sqlPiece(
        'm.account_id = ? AND m.mailbox_id = ? AND e.account_id = ?',
        account,
        mailbox,
        account,
      )
}

function textsFor({ text }: Compiled): string {
  return text.includes('x.') ? 'JOIN blob_text x ON x.blob_id = e.blob_id' : ''
}
