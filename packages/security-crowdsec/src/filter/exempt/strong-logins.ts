import { forgetOldest, subscriberOf, type Clock, type IpAddress } from '@gatepost/core'

export interface StrongLoginOptions {
  readonly clock: Clock
  /** Sources, and users with a source, that are remembered; the oldest are forgotten first. */
  readonly maxEntries?: number
}

/** By source, or by user with source: when it was, in milliseconds since 1970. */
export type LoginEntry = readonly [key: string, at: number]

/** Where somebody has proved who he is, and when. A source is an IPv4 address or an IPv6 /64: a phone changes its address within it all the time. */
export class StrongLogins {
  readonly #options: Required<StrongLoginOptions>
  /** Monotonic times, in the order of the last login. */
  readonly #at = new Map<string, number>()
  #changes = 0

  constructor(options: StrongLoginOptions) {
    this.#options = { maxEntries: 20_000, ...options }
  }

  get size(): number {
    return this.#at.size
  }
  /** Grows with each login: whoever keeps them on disk sees whether there is something new. */
  get changes(): number {
    return this.#changes
  }

  note(user: string, address: IpAddress): void {
    const source = subscriberOf(address).text
    for (const key of [source, `${source} ${user}`]) this.#add(key, this.#options.clock.monotonic())
    this.#changes += 1
  }

  /** Whether anybody has logged in from there within the time. */
  has(address: IpAddress, maxAgeMs: number): boolean {
    return this.#isYounger(subscriberOf(address).text, maxAgeMs)
  }

  hasFor(user: string, address: IpAddress, maxAgeMs: number): boolean {
    return this.#isYounger(`${subscriberOf(address).text} ${user}`, maxAgeMs)
  }

  /** The oldest first. */
  *entries(): Generator<LoginEntry> {
    const { clock } = this.#options
    const offset = clock.now() - clock.monotonic()
    for (const [key, at] of this.#at) yield [key, Math.round(at + offset)]
  }

  /** What was kept before a restart. A time in the future is now. */
  restore(entries: Iterable<LoginEntry>): void {
    const { clock } = this.#options
    const [now, monotonic] = [clock.now(), clock.monotonic()]
    for (const [key, at] of entries) this.#add(key, monotonic - Math.max(0, now - at))
  }

  #add(key: string, at: number): void {
    this.#at.delete(key)
    this.#at.set(key, at)
    forgetOldest(this.#at, this.#options.maxEntries)
  }

  #isYounger(key: string, maxAgeMs: number): boolean {
    const at = this.#at.get(key)
    return at !== undefined && this.#options.clock.monotonic() - at < maxAgeMs
  }
}
