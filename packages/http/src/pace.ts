import type { Clock } from '@gatepost/core'

const maxKept = 10_000

/** One turn each so often, by key. */
export class Pace {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #everyMs: number
  readonly #next = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonic'>, everyMs: number) {
    this.#clock = clock
    this.#everyMs = everyMs
  }

  /** 0: the turn is taken; else milliseconds until there is one. */
  take(key: string): number {
    const now = this.#clock.monotonic()
    const next = this.#next.get(key) ?? now
    if (next > now) return next - now
    if (this.#next.size >= maxKept) this.#next.clear()
    this.#next.set(key, now + this.#everyMs)
    return 0
  }
}
