import type { Clock, IpAddress } from '@gatepost/core'

export interface StrongLoginOptions {
  readonly clock: Clock
  /** How long a login exempts. */
  readonly maxAgeMs: number
  /** Addresses, and users with an address, that are remembered; the oldest are forgotten first. */
  readonly maxEntries?: number
}

/** Where somebody has proved lately who he is. */
export class StrongLogins {
  readonly #options: Required<StrongLoginOptions>
  /** Until when, by address and by user with address; in the order of the last login. */
  readonly #until = new Map<string, number>()

  constructor(options: StrongLoginOptions) {
    this.#options = { maxEntries: 20_000, ...options }
  }

  get size(): number {
    return this.#until.size
  }

  note(user: string, address: IpAddress): void {
    const { clock, maxAgeMs, maxEntries } = this.#options
    for (const key of [address.text, keyOf(user, address)]) {
      this.#until.delete(key)
      this.#until.set(key, clock.monotonic() + maxAgeMs)
    }
    for (const key of this.#until.keys()) {
      if (this.#until.size <= maxEntries) break
      this.#until.delete(key)
    }
  }

  has(address: IpAddress): boolean {
    return this.#isFresh(address.text)
  }

  hasFor(user: string, address: IpAddress): boolean {
    return this.#isFresh(keyOf(user, address))
  }

  #isFresh(key: string): boolean {
    const until = this.#until.get(key)
    if (until === undefined) return false
    if (until > this.#options.clock.monotonic()) return true
    this.#until.delete(key)
    return false
  }
}

function keyOf(user: string, address: IpAddress): string {
  return `${address.text} ${user}`
}
