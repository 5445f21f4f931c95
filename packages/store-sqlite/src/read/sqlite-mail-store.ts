import type {
  AccountId,
  Delivery,
  DeliveryResult,
  EmailQuery,
  EmailQueryResult,
  MailboxQuery,
  MailboxQueryResult,
  MailOp,
  MailOpResultList,
  MailReader,
  MailStore,
  MailView,
  SearchOptions,
} from '@gatepost/core'
import { checkRecordOp, keyOf, KeywordCache } from '@gatepost/store-model'

import type { Searches } from '../search/searches.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import { AccountReader, type ReaderParts } from './account-reader.ts'
import type { ContentClient } from './content/content-client.ts'
import type { Snapshots } from './snapshots.ts'

export interface MailStoreParts {
  readonly snapshots: Snapshots
  readonly content: ContentClient
  readonly writer: WriterClient
  readonly search: Searches
}

/** Reads on the calling thread, large content on one of its own, writes on the writer's, searches on two more. */
export class SqliteMailStore implements MailStore {
  readonly #snapshots: Snapshots
  readonly #writer: WriterClient
  readonly #search: Searches
  readonly #parts: ReaderParts

  constructor({ snapshots, content, writer, search }: MailStoreParts) {
    this.#snapshots = snapshots
    this.#writer = writer
    this.#search = search
    this.#parts = { content, keywords: new KeywordCache() }
  }

  read<T>(
    account: AccountId,
    use: (reader: MailReader) => Promise<T> | T,
    view?: MailView,
  ): Promise<T> {
    return this.#snapshots.use((snapshot) =>
      use(new AccountReader(snapshot, { ...view, account: keyOf('a', account) }, this.#parts)),
    )
  }

  async transact<const Ops extends readonly MailOp[]>(
    account: AccountId,
    ops: Ops,
    { viewer }: MailView = {},
  ): Promise<MailOpResultList<Ops>> {
    for (const op of ops) checkRecordOp(op)
    const results = await this.#writer.run({
      kind: 'transact',
      account: keyOf('a', account),
      ops,
      viewer,
    })
    return results as unknown as MailOpResultList<Ops>
  }

  deliver(delivery: Delivery): Promise<DeliveryResult> {
    return this.#writer.run({ kind: 'deliver', delivery })
  }

  search(
    account: AccountId,
    query: EmailQuery,
    options?: SearchOptions,
  ): Promise<EmailQueryResult> {
    return this.#search.search(keyOf('a', account), query, options)
  }

  searchMailbox(
    account: AccountId,
    query: MailboxQuery,
    options?: SearchOptions,
  ): Promise<MailboxQueryResult> {
    return this.#search.searchMailbox(keyOf('a', account), query, options)
  }
}
