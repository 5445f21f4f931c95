import type { Clock } from '@gatepost/core'

/** A session, as the relief needs it. */
export interface Holder {
  /** Nobody has logged in over it, and it has brought no mail. */
  readonly isUnproven: boolean
  readonly bytesRead: number
  /** Ends it, with an event. */
  endIdle(): void
}

export interface StressReliefOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly isUnderStress: () => boolean
  readonly holders: () => Iterable<Holder>
  /** How long a stranger may be silent while places are scarce. */
  readonly patienceMs: number
  readonly everyMs: number
}

interface Seen {
  bytes: number
  /** Of the last change. */
  at: number
}

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
    const { clock, isUnderStress, holders, patienceMs } = this.#options
    if (!isUnderStress()) return
    const now = clock.monotonic()
    for (const holder of holders()) {
      if (!holder.isUnproven) continue
      const bytes = holder.bytesRead
      const seen = this.#seen.get(holder)
      if (seen === undefined || seen.bytes !== bytes) this.#seen.set(holder, { bytes, at: now })
      else if (now - seen.at >= patienceMs) holder.endIdle()
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
