import type { EmailQuery, EmailQueryResult } from '@gatepost/core'

import { SearchClient } from './search-client.ts'
import { type SearchLane, laneOf } from './search-lane.ts'

export interface SearchesOptions {
  readonly url: URL
  readonly path: string
  readonly indexPath?: string
  /** Time of its own that one search may take. */
  readonly maxMs?: number
}

const defaultMaxMs = 10_000

/** Two threads: what a mailbox shows when it is opened does not wait for who looks through texts. */
export class Searches implements AsyncDisposable {
  readonly #lanes: Readonly<Record<SearchLane, SearchClient>>

  constructor({ url, path, indexPath, maxMs = defaultMaxMs }: SearchesOptions) {
    const common = { url, path, maxMs }
    this.#lanes = {
      list: new SearchClient({ ...common, lane: 'list' }),
      text: new SearchClient({
        ...common,
        lane: 'text',
        ...(indexPath === undefined ? {} : { indexPath }),
      }),
    }
  }

  search(account: number, query: EmailQuery, signal?: AbortSignal): Promise<EmailQueryResult> {
    return this.#lanes[laneOf(query)].search(account, query, signal)
  }

  noteCommits(count: number): void {
    this.#lanes.text.noteCommits(count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#lanes.list[Symbol.asyncDispose](),
      this.#lanes.text[Symbol.asyncDispose](),
    ])
  }
}
