import { toWire } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { findUids } from './find-uids.ts'
import { findWindow } from './find-window.ts'
import type { SearchFound, SearchReply, SearchRequest } from './protocol.ts'
import type { SearchClock } from './search-clock.ts'
import { SearchConnection } from './search-connection.ts'
import { viewOf } from './search-view.ts'
import type { TextIndex } from './text-index.ts'

/** One connection of a search thread: one query at a time, each over a snapshot. */
export class SearchRunner {
  readonly #connection: SearchConnection

  /** Without an index every text is looked through. */
  constructor(sql: Sql, index: () => TextIndex | undefined) {
    this.#connection = new SearchConnection(sql, index)
  }

  /** Yields where another search may have its turn. */
  *run(request: SearchRequest, clock: SearchClock): Generator<undefined, SearchReply> {
    this.#connection.begin(clock)
    try {
      return { id: request.id, found: yield* this.#find(request, clock) }
    } catch (error) {
      return { id: request.id, error: toWire(error) }
    } finally {
      this.#connection.end()
    }
  }

  *#find(
    { account, query, viewer }: SearchRequest,
    clock: SearchClock,
  ): Generator<undefined, SearchFound> {
    clock.check()
    const view = viewOf(this.#connection.sql, account, viewer)
    return 'mailbox' in query
      ? yield* findUids(this.#connection, { view, query, clock })
      : yield* findWindow(this.#connection, { view, query, clock })
  }
}
