import { forgetOldest, type Clock } from '@gatepost/core'

const maxAgeMs = 60_000
const maxIds = 20_000

/** Ids that the stream has lately said are over, and when. */
export class RecentDeletions {
  readonly #clock: Clock
  readonly #at = new Map<number, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(ids: readonly number[]): void {
    const now = this.#clock.monotonic()
    for (const id of ids.slice(-maxIds)) {
      this.#at.delete(id)
      this.#at.set(id, now)
    }
    forgetOldest(this.#at, maxIds, (at) => now - at >= maxAgeMs)
  }

  hasSince(id: number, since: number): boolean {
    return (this.#at.get(id) ?? Number.NEGATIVE_INFINITY) >= since
  }
}
