import type { Clock } from '@gatepost/core'

import type { Connection } from '../database/connection.ts'
import type { Connections } from '../database/connections.ts'
import { asStoreError, isRetried } from '../database/errors.ts'
import { type Statements, statements } from '../database/statement.ts'
import type { Preparer } from '../prepare/preparer.ts'
import { AccountTx } from './account-tx.ts'
import { Content } from './content.ts'
import { finish } from './flush.ts'
import type { AccountRow } from './rows.ts'

/** Two transactions that hold up each other end by PostgreSQL's choice of one: that one begins again. */
const maxAttempts = 5

export const transactionStatements: Statements<'lockAccounts'> = statements('transaction', {
  // In the order of the ids: two deliveries to the same accounts never wait for each other.
  lockAccounts: `SELECT id, mod_seq, used_bytes, quota_bytes, used_emails, quota_emails, last_uid_validity, viewers FROM account
    WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
})

export interface Transaction {
  readonly connection: Connection
  readonly content: Content
  readonly now: number
  /** Those that there are, by id. */
  readonly accounts: Map<number, AccountTx>
}

export interface TransactionsParts {
  readonly connections: Connections
  readonly preparer: Preparer
  readonly clock: Pick<Clock, 'now'>
}

/** One transaction at a time on each account: its row is locked first, so that modseqs are in the order of the commits. */
export class Transactions {
  readonly #parts: TransactionsParts

  constructor(parts: TransactionsParts) {
    this.#parts = parts
  }

  /** All that `work` does or nothing; `work` may run more than once. The accounts are written after it. @throws MailError busy `store.busy` */
  async run<T>(
    accounts: readonly number[],
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.#attempt(accounts, work)
      } catch (error) {
        if (!isRetried(error) || attempt === maxAttempts) throw asStoreError(error)
      }
  }

  async #attempt<T>(
    accounts: readonly number[],
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const lease = await this.#parts.connections.lease()
    const { connection } = lease
    let isBroken = true
    try {
      const [, rows] = await Promise.all([
        connection.command('BEGIN'),
        connection.rows<AccountRow>(transactionStatements.lockAccounts, accounts),
      ])
      const content = new Content(connection, this.#parts.preparer)
      const parts = { connection, content, now: this.#parts.clock.now() }
      const transaction = {
        ...parts,
        accounts: new Map(rows.map((row) => [row.id, new AccountTx(parts, row)])),
      }
      const result = await work(transaction)
      const written = [...transaction.accounts.values()].flatMap(finish)
      await Promise.all([...written, content.flush(), connection.command('COMMIT')])
      isBroken = false
      return result
    } catch (error) {
      isBroken = await connection.command('ROLLBACK').then(
        () => false,
        () => true,
      )
      throw error
    } finally {
      lease.release(isBroken)
    }
  }
}
