/** Time comes through constructors, so that a test can turn it. */
export interface Clock {
  /** Milliseconds since 1970, UTC: may jump. For what is shown or stored. */
  now(): number
  /** Milliseconds from an arbitrary start: never goes back. For durations and expiry. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
