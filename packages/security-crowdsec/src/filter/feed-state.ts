import type { Clock } from '@gatepost/core'

import type { FilterState } from './connection-filter.ts'

/** How well decisions come in. Ages are by the monotonic clock; only what a snapshot brings is aged by the wall clock. */
export class FeedState {
  readonly #clock: Clock
  readonly #downAfterMs: number
  #lastSuccessAt: number | null = null
  /** Monotonic time at which what is known was true: before our start for a snapshot. */
  #knownAt: number | null = null
  #lastError: string | null = null
  #failures = 0
  #reconnects = 0

  constructor(clock: Clock, downAfterMs: number) {
    this.#clock = clock
    this.#downAfterMs = downAfterMs
  }

  get lastSuccessAt(): number | null {
    return this.#lastSuccessAt
  }
  get lastError(): string | null {
    return this.#lastError
  }
  /** In a row. */
  get failures(): number {
    return this.#failures
  }
  /** How often it has answered again after it had not. */
  get reconnects(): number {
    return this.#reconnects
  }
  get ageMs(): number | null {
    return this.#knownAt === null ? null : Math.max(0, this.#clock.monotonic() - this.#knownAt)
  }
  get state(): Exclude<FilterState, 'off'> {
    if (this.#lastError === null) return this.#lastSuccessAt === null ? 'starting' : 'healthy'
    const { ageMs } = this
    return ageMs === null || ageMs > this.#downAfterMs ? 'down' : 'stale'
  }

  fromSnapshot(savedAt: number): void {
    this.#knownAt = this.#clock.monotonic() - Math.max(0, this.#clock.now() - savedAt)
  }

  /** Answers how many failures it ends. */
  succeeded(): number {
    const failures = this.#failures
    if (failures > 0) this.#reconnects += 1
    this.#failures = 0
    this.#lastError = null
    this.#lastSuccessAt = this.#clock.now()
    this.#knownAt = this.#clock.monotonic()
    return failures
  }

  failed(reason: string): void {
    this.#failures += 1
    this.#lastError = reason
  }
}
