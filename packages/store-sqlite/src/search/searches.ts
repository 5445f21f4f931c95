import type {
  EmailQuery,
  EmailQueryResult,
  MailboxQuery,
  MailboxQueryResult,
  SearchOptions,
} from '@gatepost/core'
import { emailId, modSeq } from '@gatepost/store-model'

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

  async search(
    account: number,
    query: EmailQuery,
    options?: SearchOptions,
  ): Promise<EmailQueryResult> {
    const found = await this.#lanes[laneOf(query)].search(account, query, options)
    if (found.kind !== 'window') throw new Error('the answer to another search')
    const { position, hasMore, total, state } = found
    const ids = Array.from(found.ids, emailId)
    const result = { ids, position, hasMore, state: modSeq(state) }
    return total === undefined ? result : { ...result, total }
  }

  async searchMailbox(
    account: number,
    query: MailboxQuery,
    options?: SearchOptions,
  ): Promise<MailboxQueryResult> {
    const found = await this.#lanes[laneOf(query)].search(account, query, options)
    if (found.kind !== 'mailbox') throw new Error('the answer to another search')
    const { uids, modSeqs } = found
    return modSeqs === undefined ? { uids } : { uids, modSeqs }
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
