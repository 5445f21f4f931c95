import { MailError, type PrincipalId } from '@gatepost/core'

import type { Sql } from '../sql.ts'
import { AccountTx } from './account-tx.ts'

/** One transaction: its accounts, each loaded once and written at the end. */
export class JobContext {
  readonly sql: Sql
  readonly now: number
  isQueueChanged = false
  isDirectoryChanged = false
  readonly #accounts = new Map<number, AccountTx>()
  readonly #alsoChanged = new Map<number, number>()

  constructor(sql: Sql, now: number) {
    this.sql = sql
    this.now = now
  }

  /** @throws MailError notFound `account.notFound` */
  account(id: number): AccountTx {
    const known = this.#accounts.get(id)
    if (known !== undefined) return known
    const tx = new AccountTx(this.sql, id, this.now)
    this.#accounts.set(id, tx)
    return tx
  }

  /** `viewer`: as whom; undefined: as the owner. @throws MailError notFound `account.notFound` */
  accountAs(id: number, viewer: PrincipalId | undefined): AccountTx {
    const tx = this.account(id)
    if (viewer !== undefined) tx.actAs(viewer)
    return tx
  }

  findAccount(id: number): AccountTx | undefined {
    try {
      return this.account(id)
    } catch (error) {
      if (error instanceof MailError) return undefined
      throw error
    }
  }

  /** For the change feed: an account that changed without an AccountTx. */
  tell(account: number, modSeq: number): void {
    this.#alsoChanged.set(account, modSeq)
  }

  finish(): void {
    for (const tx of this.#accounts.values()) tx.finish()
  }

  changed(): (readonly [account: number, modSeq: number])[] {
    const own = [...this.#accounts.values()].filter((tx) => tx.isChanged)
    return [...own.map((tx) => [tx.id, tx.modSeq] as const), ...this.#alsoChanged]
  }
}
