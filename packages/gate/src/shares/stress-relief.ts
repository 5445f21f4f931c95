import type { Clock } from '@gatepost/core'

/** A session, as the relief needs it. */
export interface Holder {
  readonly listener: string
  /** Nobody has logged in over it, and it is no proxy's, whose clients log in behind it. */
  readonly isUnproven: boolean
  readonly bytesRead: number
  /** Ends it, with an event. */
  endIdle(): void
}

export interface StressReliefOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly isUnderStress: (listener: string) => boolean
  readonly holders: () => Iterable<Holder>
  /** How long a stranger may be silent while places are scarce. */
  readonly patienceMs: number
  readonly everyMs: number
}

interface Seen {
  /** When it was looked at first, and what it had sent. */
  readonly since: number
  readonly firstBytes: number
  bytes: number
  /** Of the last change. */
  at: number
}

/** Somebody who says a byte now and then is silent as well: over so long it has to be so much. */
const watchMs = 60_000
const leastBytesPerSecond = 64

/**
 * Less patience while places are scarce: who has not logged in and says nothing for a while goes (as Postfix shortens its time limits under stress). The
 * protocols' own limits are minutes, since their clients have them; an attacker who holds a place for minutes needs few addresses for all of them.
 */
export class StressRelief implements Disposable {
  readonly #options: StressReliefOptions
  readonly #seen = new WeakMap<Holder, Seen>()
  readonly #timer: NodeJS.Timeout

  constructor(options: StressReliefOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.sweep(), options.everyMs)
    this.#timer.unref()
  }

  sweep(): void {
    const { clock, isUnderStress, holders } = this.#options
    const now = clock.monotonic()
    for (const holder of holders()) {
      if (!holder.isUnproven || !isUnderStress(holder.listener)) continue
      if (this.#isTooPatient(holder, now)) holder.endIdle()
    }
  }

  #isTooPatient(holder: Holder, now: number): boolean {
    const bytes = holder.bytesRead
    const seen = this.#seen.get(holder)
    if (seen === undefined) {
      this.#seen.set(holder, { since: now, firstBytes: bytes, bytes, at: now })
      return false
    }
    const watchedMs = now - seen.since
    const rate = ((bytes - seen.firstBytes) * 1000) / Math.max(watchedMs, 1)
    if (watchedMs >= watchMs && rate < leastBytesPerSecond) return true
    if (seen.bytes === bytes) return now - seen.at >= this.#options.patienceMs
    seen.bytes = bytes
    seen.at = now
    return false
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
