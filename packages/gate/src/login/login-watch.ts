import type { ChangeFeed, Directory, PrincipalId } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

/** A session of somebody who has logged in. */
export interface WatchedLogin {
  readonly principal: PrincipalId
  /** Of the credential that the login was made with. */
  readonly stamp: string
  readonly end: () => void
}

export interface LoginWatchOptions {
  readonly directory: Pick<Directory, 'loginStamps'>
  readonly changes: Pick<ChangeFeed, 'watch'>
  readonly logger: Pick<Logger, 'error'>
}

/** Principals looked up at once. */
const pageSize = 1_000

/** Ends the sessions whose login no longer counts: the credential has been changed or deleted since, rights were taken away, or the principal is gone. */
export class LoginWatch implements Disposable {
  readonly #options: LoginWatchOptions
  readonly #logins = new Map<PrincipalId, Set<WatchedLogin>>()
  readonly #endWatch: () => void
  /** To be looked at again. */
  #due = new Set<PrincipalId>()
  #isLooking = false

  constructor(options: LoginWatchOptions) {
    this.#options = options
    this.#endWatch = options.changes.watch(({ kind }) => {
      if (kind !== 'account') this.#look(this.#logins.keys())
    })
  }

  /** Answers what to call when the session is over. It is looked at once: the credential may have been changed while it was checked. */
  add(login: WatchedLogin): () => void {
    const { principal } = login
    const logins = this.#logins.get(principal) ?? new Set()
    this.#logins.set(principal, logins.add(login))
    this.#look([principal])
    return () => {
      logins.delete(login)
      if (logins.size === 0 && this.#logins.get(principal) === logins)
        this.#logins.delete(principal)
    }
  }

  [Symbol.dispose](): void {
    this.#endWatch()
  }

  #look(principals: Iterable<PrincipalId>): void {
    for (const principal of principals) this.#due.add(principal)
    if (!this.#isLooking) void this.#lookAll()
  }

  async #lookAll(): Promise<void> {
    this.#isLooking = true
    while (this.#due.size > 0) {
      const page = [...this.#due].slice(0, pageSize)
      for (const principal of page) this.#due.delete(principal)
      try {
        const stamps = await this.#options.directory.loginStamps(page)
        for (const principal of page) this.#endOthers(principal, stamps.get(principal))
      } catch (error) {
        this.#options.logger.error({ err: error }, 'logins could not be looked at again')
      }
    }
    this.#isLooking = false
  }

  #endOthers(principal: PrincipalId, stamps: ReadonlySet<string> | undefined): void {
    for (const login of this.#logins.get(principal) ?? [])
      if (stamps?.has(login.stamp) !== true) login.end()
  }
}
