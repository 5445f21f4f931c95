import { forgetOldest, type Clock } from '@gatepost/core'

const keptMs = 3_600_000
const maxKept = 4096
/** Of one client at one account: whoever has tried so many has tried enough to be told of. */
const maxGuesses = 16

interface Guesses {
  /** By the monotonic clock. */
  readonly until: number
  readonly fingerprints: Set<string>
}

/**
 * How many different passwords an address has tried in vain at an account, since it got in or since an hour in which it did not try: the login that
 * comes after many is told apart by it. The addresses that tried last are kept, so that one attacker with a botnet cannot fill the memory.
 */
export class WrongPasswords {
  readonly #clock: Clock
  /** Those that tried last at the end. */
  readonly #guesses = new Map<string, Guesses>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(ip: string, user: string, fingerprint: string): void {
    const key = `${ip} ${user}`
    const now = this.#clock.monotonic()
    const known = this.#guesses.get(key)
    const fingerprints =
      known === undefined || known.until <= now ? new Set<string>() : known.fingerprints
    if (fingerprints.size < maxGuesses) fingerprints.add(fingerprint)
    this.#guesses.delete(key)
    this.#guesses.set(key, { until: now + keptMs, fingerprints })
    forgetOldest(this.#guesses, maxKept, ({ until }) => until <= now)
  }

  /** The client got in: up to 16, and none from now on. */
  take(ip: string, user: string): number {
    const key = `${ip} ${user}`
    const known = this.#guesses.get(key)
    this.#guesses.delete(key)
    return known === undefined || known.until <= this.#clock.monotonic()
      ? 0
      : known.fingerprints.size
  }
}
