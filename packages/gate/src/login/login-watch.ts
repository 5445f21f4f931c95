import type { AccountId, ChangeFeed, Directory } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

/** A session of somebody who has logged in. */
export interface WatchedLogin {
  readonly account: AccountId
  /** `loginStamp` of what the login was made with. */
  readonly stamp: string
  readonly end: () => void
}

export interface LoginWatchOptions {
  readonly directory: Pick<Directory, 'loginStamps'>
  readonly changes: Pick<ChangeFeed, 'watch'>
  readonly logger: Pick<Logger, 'error'>
}

/** Accounts looked up at once. */
const pageSize = 1_000

/** Ends the sessions whose login no longer counts: the password has been changed since, or the account is gone. */
export class LoginWatch implements Disposable {
  readonly #options: LoginWatchOptions
  readonly #logins = new Map<AccountId, Set<WatchedLogin>>()
  readonly #endWatch: () => void
  /** To be looked at again. */
  #due = new Set<AccountId>()
  #isLooking = false

  constructor(options: LoginWatchOptions) {
    this.#options = options
    this.#endWatch = options.changes.watch(({ kind }) => {
      if (kind !== 'account') this.#look(this.#logins.keys())
    })
  }

  /** Answers what to call when the session is over. It is looked at once: the password may have been changed while it was checked. */
  add(login: WatchedLogin): () => void {
    const { account } = login
    const logins = this.#logins.get(account) ?? new Set()
    this.#logins.set(account, logins.add(login))
    this.#look([account])
    return () => {
      logins.delete(login)
      if (logins.size === 0 && this.#logins.get(account) === logins) this.#logins.delete(account)
    }
  }

  [Symbol.dispose](): void {
    this.#endWatch()
  }

  #look(accounts: Iterable<AccountId>): void {
    for (const account of accounts) this.#due.add(account)
    if (!this.#isLooking) void this.#lookAll()
  }

  async #lookAll(): Promise<void> {
    this.#isLooking = true
    while (this.#due.size > 0) {
      const page = [...this.#due].slice(0, pageSize)
      for (const account of page) this.#due.delete(account)
      try {
        const stamps = await this.#options.directory.loginStamps(page)
        for (const account of page) this.#endOthers(account, stamps.get(account))
      } catch (error) {
        this.#options.logger.error({ err: error }, 'logins could not be looked at again')
      }
    }
    this.#isLooking = false
  }

  #endOthers(account: AccountId, stamp: string | undefined): void {
    for (const login of this.#logins.get(account) ?? []) if (login.stamp !== stamp) login.end()
  }
}
