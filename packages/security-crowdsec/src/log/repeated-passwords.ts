import { forgetOldest, type Clock } from '@gatepost/core'

const keptMs = 86_400_000
const maxKept = 16_384

/**
 * Wrong passwords that a source has tried at an account before, within a day since the last time: a device with an old password guesses once, however often
 * it repeats itself. The ones tried last are kept.
 */
export class RepeatedPasswords {
  readonly #clock: Clock
  /** Until when, by the monotonic clock; those tried last at the end. */
  readonly #tried = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether it has been tried before; it has from now on. */
  isAgain(source: string, user: string, fingerprint: string): boolean {
    const key = `${source} ${fingerprint} ${user}`
    const now = this.#clock.monotonic()
    const isKnown = (this.#tried.get(key) ?? Number.NEGATIVE_INFINITY) > now
    this.#tried.delete(key)
    this.#tried.set(key, now + keptMs)
    forgetOldest(this.#tried, maxKept, (until) => until <= now)
    return isKnown
  }
}
