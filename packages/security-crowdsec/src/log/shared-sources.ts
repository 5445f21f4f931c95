import { forgetOldest, type Clock } from '@gatepost/core'

const manyPeople = 3
const keptMs = 7 * 86_400_000
const maxSources = 8192

/**
 * Where several people log in: an office, a VPN, a webmail, a carrier's translation of addresses. An attack that comes from there is answered at the
 * account, for a ban of the address would be one of all of them. One account is not enough to count as a crowd. Times are monotonic; the sources
 * where nobody logged in for the longest time are forgotten first.
 */
export class SharedSources {
  readonly #clock: Clock
  /** The accounts that got in last, and when. */
  readonly #logins = new Map<string, Map<string, number>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  loggedIn(source: string, user: string): void {
    const accounts = this.#logins.get(source) ?? new Map<string, number>()
    this.#logins.delete(source)
    this.#logins.set(source, accounts)
    accounts.delete(user)
    accounts.set(user, this.#clock.monotonic())
    forgetOldest(accounts, manyPeople)
    forgetOldest(this.#logins, maxSources)
  }

  isShared(source: string): boolean {
    const accounts = this.#logins.get(source)
    if (accounts === undefined || accounts.size < manyPeople) return false
    const oldest = Math.min(...accounts.values())
    return this.#clock.monotonic() - oldest < keptMs
  }
}
