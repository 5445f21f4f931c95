export interface FullListScheduleOptions {
  /** A full list comes at least this often. */
  readonly atLeastEveryMs: number
}

/** Of the time, at most this share goes into full lists, ours and the Local API's. */
const share = 0.01
const atMostEveryMs = 5000
/** While a bulk of decisions comes in: long enough for the rest of it to be committed, and never later than that after the first of it. */
const settleMs = 5000
const settledAfterMs = 10_000
/** The share that it may take then. */
const bulkShare = 0.2

/**
 * When the whole list is asked for instead of what has changed. A delta can miss a decision: the Local API names what was created after its cursor, and a
 * decision that is being committed while it answers is older than the cursor and was not there yet. So full lists come as often as they are cheap, and
 * soon after a bulk of decisions, or an answer that took long: then that window was wide.
 * Times are monotonic.
 */
export class FullListSchedule {
  readonly #options: FullListScheduleOptions
  #dueAt: number = Number.NEGATIVE_INFINITY
  #bulkDueAt: number = Number.POSITIVE_INFINITY
  #bulkSince: number | undefined
  #notBefore: number = Number.NEGATIVE_INFINITY

  constructor(options: FullListScheduleOptions) {
    this.#options = options
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt || now >= this.#bulkDueAt
  }

  /** A full list was asked for and taken in, which took from one to the other. */
  came(startedAt: number, endedAt: number): void {
    const tookMs = endedAt - startedAt
    const cheap = Math.max(atMostEveryMs, tookMs / share)
    this.#dueAt = startedAt + Math.min(this.#options.atLeastEveryMs, cheap)
    this.#notBefore = startedAt + tookMs / bulkShare
    this.#bulkSince = undefined
    this.#bulkDueAt = Number.POSITIVE_INFINITY
  }

  /** Some of what was decided just now may be missing for good. */
  mayHaveMissed(now: number): void {
    this.#bulkSince ??= now
    const settled = Math.min(now + settleMs, this.#bulkSince + settledAfterMs)
    this.#bulkDueAt = Math.max(settled, this.#notBefore)
  }

  /** Something went wrong: what happened meanwhile may not be in a delta. */
  now(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY
  }
}
