import {
  type Account,
  type AccountId,
  type Clock,
  type NewPassword,
  type PrincipalId,
  systemClock,
} from '@gatepost/core'
import type pg from 'pg'

import { addAccount, addViewer } from './accounts.ts'
import type { OnStatement } from './database/connection.ts'
import { Connections } from './database/connections.ts'
import { PostgresMailStore, type SearchlessMailStore } from './postgres-mail-store.ts'
import { Preparer } from './prepare/preparer.ts'
import { migrate } from './schema/migrate.ts'
import { Transactions } from './write/transaction.ts'

export interface PostgresStoreOptions {
  /** `connectionString`, or host, database, user and so on: https://node-postgres.com/apis/client */
  readonly connection: pg.ClientConfig
  readonly clock?: Pick<Clock, 'now'>
  /** Snapshots at once, and as many transactions. Default 16 each. */
  readonly maxConnections?: number
  /** Time that a statement takes at most, that a transaction waits for its next one, and that a caller waits for a connection. Default 10 s. */
  readonly maxMs?: number
  /** Time that a snapshot lasts at most. Default 10 s. */
  readonly maxSnapshotMs?: number
  /** Told the name of each statement that is sent: for tests. */
  readonly onStatement?: OnStatement
}

const defaultMaxConnections = 16
const defaultMaxMs = 10_000

/** Opens the store, making or migrating the schema first. @throws MailError failed `store.newerSchema` */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  await migrate(options.connection)
  return new PostgresStore(options)
}

/** What there is of the store's ports on PostgreSQL, over one database. */
export class PostgresStore implements AsyncDisposable {
  readonly mail: SearchlessMailStore
  readonly #transactions: Transactions
  readonly #resources: AsyncDisposableStack = new AsyncDisposableStack()

  constructor({
    connection,
    clock = systemClock,
    maxConnections: max = defaultMaxConnections,
    maxMs = defaultMaxMs,
    maxSnapshotMs = defaultMaxMs,
    onStatement,
  }: PostgresStoreOptions) {
    const open = (): Connections =>
      this.#resources.use(new Connections({ connection, max, maxMs, onStatement }))
    const preparer = new Preparer()
    this.#transactions = new Transactions({ connections: open(), preparer, clock })
    this.mail = new PostgresMailStore({
      snapshots: open(),
      transactions: this.#transactions,
      preparer,
      maxSnapshotMs,
    })
    // Ends first: what it has prepared is still written.
    this.#resources.use(preparer)
  }

  /** As `DirectoryAdmin.addAccount`. @throws MailError conflict `account.exists` */
  addAccount(address: string, password: NewPassword): Promise<Account> {
    return addAccount(this.#transactions, address, password)
  }

  /** The account is shared with a principal, who sees it as a viewer (`MailView`). @throws MailError notFound `account.notFound` */
  addViewer(account: AccountId, principal: PrincipalId): Promise<void> {
    return addViewer(this.#transactions, account, principal)
  }

  /** Ends when what is being read and written has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}
