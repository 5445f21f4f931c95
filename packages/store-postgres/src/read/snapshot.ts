import { snapshotEnded } from '@gatepost/store-model'

import type { Parameter } from '../database/connection.ts'
import type { Connections, Lease } from '../database/connections.ts'
import { asStoreError } from '../database/errors.ts'
import type { Statement } from '../database/statement.ts'

/** A read transaction of one account, on a connection of its own, that ends by itself after a time. */
export class Snapshot {
  readonly account: number
  readonly #lease: Lease
  readonly #timer: NodeJS.Timeout
  #isEnded = false

  private constructor(account: number, lease: Lease, maxMs: number) {
    this.account = account
    this.#lease = lease
    this.#timer = setTimeout(() => this.#abort(), maxMs).unref()
  }

  /** Begins it; what is asked next goes along in the same round trip, and is the moment that all of it shows. */
  static async begin(connections: Connections, account: number, maxMs: number): Promise<Snapshot> {
    const lease = await connections.lease()
    const snapshot = new Snapshot(account, lease, maxMs)
    // A failure is that of the first statement too, which tells it.
    lease.connection.command('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY').catch(() => {})
    return snapshot
  }

  /** `$1` is the account. @throws MailError busy `store.snapshotEnded`, `store.busy` */
  async rows<Row extends object>(
    statement: Statement,
    ...values: readonly Parameter[]
  ): Promise<Row[]> {
    if (this.#isEnded) throw snapshotEnded()
    try {
      return await this.#lease.connection.rows<Row>(statement, this.account, ...values)
    } catch (error) {
      throw this.#isEnded ? snapshotEnded() : asStoreError(error)
    }
  }

  /** Nobody waits for it: the connection is free when PostgreSQL has answered. */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#lease.connection.command('ROLLBACK').then(
      () => this.#lease.release(false),
      () => this.#lease.release(true),
    )
  }

  #abort(): void {
    this.#isEnded = true
    this.#lease.release(true)
  }
}
