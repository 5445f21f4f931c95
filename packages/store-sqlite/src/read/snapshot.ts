import { snapshotEnded } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'

/** A read transaction on a connection of its own. */
export class Snapshot {
  readonly openedAt: number = performance.now()
  readonly #sql: Sql
  #isEnded = false

  /** Begins it; the moment is that of the first statement. */
  constructor(sql: Sql) {
    this.#sql = sql
    sql.run('BEGIN DEFERRED')
  }

  /** @throws MailError busy `store.snapshotEnded` */
  get sql(): Sql {
    if (this.#isEnded) throw snapshotEnded()
    return this.#sql
  }

  /** Answers the connection, the first time. */
  end(): Sql | undefined {
    if (this.#isEnded) return undefined
    this.#isEnded = true
    this.#sql.run('ROLLBACK')
    return this.#sql
  }
}
