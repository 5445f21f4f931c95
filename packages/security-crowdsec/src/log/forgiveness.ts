import { forgetOldest, type Clock } from '@gatepost/core'

const perAccountAndDay = 3
const dayMs = 86_400_000
/** A bucket that remembers longer has leaked by then. */
const failureMs = 86_400_000
const maxSources = 8192
const maxUses = 32_768

/**
 * Which successes forgive what their source failed at before: a colleague has found out how his name is written, and nobody behind the address is an
 * attacker for it. One account does so three times a day for one source, so that an account of one's own is no licence to guess at others.
 * Times are monotonic; what failed or forgave longest ago is forgotten first.
 */
export class Forgiveness {
  readonly #clock: Clock
  /** Until when there is something to forgive. */
  readonly #failed = new Map<string, number>()
  readonly #uses = new Map<string, { count: number; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  failed(source: string): void {
    this.#failed.delete(source)
    this.#failed.set(source, this.#clock.monotonic() + failureMs)
    forgetOldest(this.#failed, maxSources)
  }

  /** A login of the account got in. */
  isForgiven(source: string, user: string): boolean {
    const now = this.#clock.monotonic()
    if ((this.#failed.get(source) ?? 0) <= now) return false
    const key = `${source} ${user}`
    const known = this.#uses.get(key)
    const use = known === undefined || known.until <= now ? { count: 0, until: now + dayMs } : known
    if (use.count >= perAccountAndDay) return false
    use.count += 1
    this.#uses.delete(key)
    this.#uses.set(key, use)
    forgetOldest(this.#uses, maxUses)
    this.#failed.delete(source)
    return true
  }
}
