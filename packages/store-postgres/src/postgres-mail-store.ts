import type {
  AccountId,
  Delivery,
  DeliveryResult,
  MailOp,
  MailOpResultList,
  MailReader,
  MailStore,
  MailView,
} from '@gatepost/core'
import { accountNotFound, KeywordCache, keyOf } from '@gatepost/store-model'

import type { Connections } from './database/connections.ts'
import type { Preparer } from './prepare/preparer.ts'
import { AccountReader } from './read/account-reader.ts'
import { Snapshot } from './read/snapshot.ts'
import { deliver } from './write/deliver.ts'
import { type PreparedOp, prepareOp } from './write/ops/prepared-op.ts'
import { runOps } from './write/ops/run-ops.ts'
import type { Transactions } from './write/transaction.ts'
import { actAs } from './write/viewers/load-viewers.ts'

export interface MailStoreParts {
  readonly snapshots: Connections
  readonly transactions: Transactions
  readonly preparer: Preparer
  readonly maxSnapshotMs: number
}

/** What `MailStore` asks for, search aside. */
export type SearchlessMailStore = Omit<MailStore, 'search' | 'searchMailbox'>

/** Reads are snapshots and writes transactions of their own, on connections of two pools: a read that waits for a write never waits for its own connection. */
export class PostgresMailStore implements SearchlessMailStore {
  readonly #parts: MailStoreParts
  readonly #keywords: KeywordCache = new KeywordCache()

  constructor(parts: MailStoreParts) {
    this.#parts = parts
  }

  async read<T>(
    account: AccountId,
    use: (reader: MailReader) => Promise<T> | T,
    { viewer }: MailView = {},
  ): Promise<T> {
    const { snapshots, maxSnapshotMs } = this.#parts
    const snapshot = await Snapshot.begin(snapshots, keyOf('a', account), maxSnapshotMs)
    try {
      return await use(await AccountReader.of(snapshot, this.#keywords, viewer))
    } finally {
      snapshot.end()
    }
  }

  async transact<const Ops extends readonly MailOp[]>(
    account: AccountId,
    ops: Ops,
    { viewer }: MailView = {},
  ): Promise<MailOpResultList<Ops>> {
    const key = keyOf('a', account)
    const prepared: PreparedOp[] = []
    for (const op of ops) prepared.push(await prepareOp(this.#parts.preparer, op, account))
    const results = await this.#parts.transactions.run([key], async ({ accounts }) => {
      const tx = accounts.get(key)
      if (tx === undefined) throw accountNotFound()
      if (viewer !== undefined) await actAs(tx, viewer)
      return runOps(tx, prepared)
    })
    return results.map((result) => result()) as unknown as MailOpResultList<Ops>
  }

  async deliver(delivery: Delivery): Promise<DeliveryResult> {
    const { content, mayMoveContent } = delivery
    const message = await this.#parts.preparer.message(
      content,
      delivery.local[0]?.accountId ?? '',
      mayMoveContent,
    )
    const accounts = new Set(delivery.local.map(({ accountId }) => keyOf('a', accountId)))
    return this.#parts.transactions.run([...accounts], (transaction) =>
      deliver(transaction, delivery, message),
    )
  }
}
