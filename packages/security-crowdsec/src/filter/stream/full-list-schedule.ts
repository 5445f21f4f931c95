export interface FullListScheduleOptions {
  /** A full list comes at least this often. */
  readonly atLeastEveryMs: number
}

/** Of the time, at most this share goes into full lists, ours and the Local API's. */
const share = 0.01
const atMostEveryMs = 5000

/**
 * When the whole list is asked for instead of what has changed. A delta can miss a decision: the Local API names what was created after its cursor, and a
 * decision that is being committed while it answers is older than the cursor and was not there yet. So full lists come as often as they are cheap.
 * Times are monotonic.
 */
export class FullListSchedule {
  readonly #options: FullListScheduleOptions
  #dueAt: number = Number.NEGATIVE_INFINITY

  constructor(options: FullListScheduleOptions) {
    this.#options = options
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt
  }

  /** A full list was asked for and taken in, which took from one to the other. */
  came(startedAt: number, endedAt: number): void {
    const cheap = Math.max(atMostEveryMs, (endedAt - startedAt) / share)
    this.#dueAt = startedAt + Math.min(this.#options.atLeastEveryMs, cheap)
  }

  /** Something went wrong: what happened meanwhile may not be in a delta. */
  now(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY
  }
}
