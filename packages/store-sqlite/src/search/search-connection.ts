import type { SQLInputValue } from 'node:sqlite'

import type { EmailCondition } from '@gatepost/core'

import type { Sql } from '../sql.ts'
import { type Compiled, sqlPiece } from './compiled.ts'
import { ftsExpression } from './fts-expression.ts'
import { HeaderSearch } from './header-search.ts'
import type { SearchClock } from './search-clock.ts'
import type { TextIndex } from './text-index.ts'
import { UidRanges } from './uid-ranges.ts'

/** More candidates than this are not worth it: the emails are gone through one by one. */
const maxCandidates = 20_000

/** The connection of a search, with the functions that conditions call. */
export class SearchConnection {
  readonly sql: Sql
  readonly #index: () => TextIndex | undefined
  readonly #headers: HeaderSearch
  #clock: SearchClock | undefined

  /** Without an index every text is looked through. */
  constructor(sql: Sql, index: () => TextIndex | undefined) {
    this.sql = sql
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

  /** One search, over a snapshot. */
  begin(clock: SearchClock): void {
    this.#clock = clock
    this.sql.db.exec('BEGIN DEFERRED')
  }

  end(): void {
    this.#clock = undefined
    this.#headers.forget()
    this.sql.db.exec('ROLLBACK')
  }

  /** Not kept prepared: the text is the client's. */
  rows<T>(text: string, params: readonly SQLInputValue[]): Iterable<T> {
    const statement = this.sql.db.prepare(text)
    statement.setReturnArrays(true)
    return statement.iterate(...params) as unknown as Iterable<T>
  }

  /** The emails that the full-text index leaves: those it finds, and those that it does not know yet. Undefined: it does not help. */
  *narrow(where: EmailCondition, clock: SearchClock): Generator<undefined, Compiled | undefined> {
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
}

/** The texts, where a piece of SQL looks at them. */
export function textsFor(...pieces: readonly Compiled[]): string {
  const isWanted = pieces.some(({ text }) => text.includes('x.'))
  return isWanted ? 'JOIN blob_text x ON x.blob_id = e.blob_id' : ''
}
