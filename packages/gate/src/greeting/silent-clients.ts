import { forgetOldest, subscriberOf, type Clock, type IpAddress } from '@gatepost/core'

const keptMs = 86_400_000
const maxKept = 16_384

/** Addresses that have waited for a greeting in silence, for a day and up to so many; IPv6 by its /64, which is one subscriber. */
export class SilentClients {
  readonly #clock: Clock
  /** Until when by the monotonic clock, those that end first in front. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(address: IpAddress): boolean {
    return (
      (this.#until.get(subscriberOf(address).text) ?? Number.NEGATIVE_INFINITY) >
      this.#clock.monotonic()
    )
  }

  add(address: IpAddress): void {
    const key = subscriberOf(address).text
    const now = this.#clock.monotonic()
    this.#until.delete(key)
    this.#until.set(key, now + keptMs)
    forgetOldest(this.#until, maxKept, (until) => until <= now)
  }
}
