import type { Clock, IpAddress } from '@gatepost/core'

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
    return (this.#until.get(keyOf(address)) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonic()
  }

  add(address: IpAddress): void {
    const key = keyOf(address)
    const now = this.#clock.monotonic()
    this.#until.delete(key)
    this.#until.set(key, now + keptMs)
    for (const [oldest, until] of this.#until) {
      if (until > now && this.#until.size <= maxKept) break
      this.#until.delete(oldest)
    }
  }
}

function keyOf({ family, groups, text }: IpAddress): string {
  return family === 4 ? text : groups.slice(0, 4).join(':')
}
