import type {
  AccountId,
  Delivery,
  DeliveryResult,
  EmailQuery,
  EmailQueryResult,
  MailOp,
  MailOpResultList,
  MailReader,
  MailStore,
} from '@gatepost/core'

import { keyOf } from '../ids.ts'
import type { Searches } from '../search/searches.ts'
import type { Sql } from '../sql.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import { AccountReader } from './account-reader.ts'
import { KeywordCache } from './keyword-cache.ts'

/** Reads on the calling thread, writes on the writer's, searches on two more. */
export class SqliteMailStore implements MailStore {
  readonly #sql: Sql
  readonly #writer: WriterClient
  readonly #search: Searches
  readonly #keywords = new KeywordCache()

  constructor(sql: Sql, writer: WriterClient, search: Searches) {
    this.#sql = sql
    this.#writer = writer
    this.#search = search
  }

  read<T>(account: AccountId, use: (reader: MailReader) => T): T {
    const { db } = this.#sql
    // A read inside a read shares its snapshot.
    if (db.isTransaction)
      return use(new AccountReader(this.#sql, keyOf('a', account), this.#keywords))
    this.#sql.run('BEGIN DEFERRED')
    try {
      return use(new AccountReader(this.#sql, keyOf('a', account), this.#keywords))
    } finally {
      this.#sql.run('ROLLBACK')
    }
  }

  async transact<const Ops extends readonly MailOp[]>(
    account: AccountId,
    ops: Ops,
  ): Promise<MailOpResultList<Ops>> {
    const results = await this.#writer.run({
      kind: 'transact',
      account: keyOf('a', account),
      ops,
    })
    return results as unknown as MailOpResultList<Ops>
  }

  deliver(delivery: Delivery): Promise<DeliveryResult> {
    return this.#writer.run({ kind: 'deliver', delivery })
  }

  search(account: AccountId, query: EmailQuery, signal?: AbortSignal): Promise<EmailQueryResult> {
    return this.#search.search(keyOf('a', account), query, signal)
  }
}
