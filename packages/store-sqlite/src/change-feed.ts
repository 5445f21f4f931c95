import type { AccountId, ChangeFeed, ModSeq, StoreChange } from '@gatepost/core'
import { accountId, keyOf, modSeq } from '@gatepost/store-model'
import type { Logger } from '@gatepost/telemetry'

import type { Sql } from './sql.ts'

interface Subscription {
  readonly listeners: Set<(state: ModSeq) => void>
  seen: number
}

/** Tells subscribers of commits: those of this process with their answers, those of others within a second. */
export class SqliteChangeFeed implements ChangeFeed {
  readonly #sql: Sql
  readonly #logger: Logger
  readonly #subscriptions = new Map<number, Subscription>()
  readonly #watchers = new Set<(change: StoreChange) => void>()

  constructor(sql: Sql, logger: Logger) {
    this.#sql = sql
    this.#logger = logger
  }

  subscribe(account: AccountId, listener: (state: ModSeq) => void): () => void {
    const key = keyOf('a', account)
    const known = this.#subscriptions.get(key)
    const subscription = known ?? { listeners: new Set(), seen: this.#stateOf(key) ?? 0 }
    this.#subscriptions.set(key, subscription)
    // Each call its own entry, even with the same function.
    const own = (state: ModSeq): void => listener(state)
    subscription.listeners.add(own)
    return () => {
      subscription.listeners.delete(own)
      if (subscription.listeners.size === 0) this.#subscriptions.delete(key)
    }
  }

  watch(listener: (change: StoreChange) => void): () => void {
    const own = (change: StoreChange): void => listener(change)
    this.#watchers.add(own)
    return () => this.#watchers.delete(own)
  }

  tell(account: number, state: number): void {
    this.#tellWatchers({ kind: 'account', account: accountId(account), state: modSeq(state) })
    this.#tellSubscribers(account, state)
  }

  tellDirectory(): void {
    this.#tellWatchers({ kind: 'directory' })
  }

  #tellWatchers(change: StoreChange): void {
    for (const watcher of this.#watchers) this.#call(() => watcher(change))
  }

  #tellSubscribers(account: number, state: number): void {
    const subscription = this.#subscriptions.get(account)
    if (subscription === undefined || state <= subscription.seen) return
    subscription.seen = state
    for (const listener of subscription.listeners) this.#call(() => listener(modSeq(state)))
  }

  /** Another process has committed: compares what subscribers know with what there is. An account that is gone counts as changed. */
  lookAround(): void {
    this.#tellWatchers({ kind: 'unknown' })
    if (this.#subscriptions.size === 0) return
    const ids = JSON.stringify(
      [...this.#subscriptions.keys()].map((key) => accountId(key).slice(1)),
    )
    const rows = this.#sql.all<{ id: number; mod_seq: number }>(
      'SELECT id, mod_seq FROM account WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))',
      ids,
    )
    const states = new Map(rows.map((row) => [row.id, row.mod_seq]))
    for (const [key, { seen }] of this.#subscriptions)
      this.#tellSubscribers(
        key,
        states.get(key) ?? (seen < Number.MAX_SAFE_INTEGER ? seen + 1 : seen),
      )
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.#logger.error({ err: error }, 'store: a listener of changes failed')
    }
  }

  #stateOf(key: number): number | undefined {
    return this.#sql.get<{ mod_seq: number }>('SELECT mod_seq FROM account WHERE id = ?', key)
      ?.mod_seq
  }
}
