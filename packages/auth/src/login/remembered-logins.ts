import { createHmac, randomBytes } from 'node:crypto'

import type { Clock, Credential } from '@gatepost/core'

const maxRemembered = 10_000

interface Remembered {
  readonly hash: string
  readonly until: number
}

/** Logins that have lately been right, for HTTP where every request carries the password. No password is kept. */
export class RememberedLogins {
  readonly #clock: Clock
  readonly #keptMs: number
  /** Keyed by a MAC over login and password under a key that lives as long as the process. */
  readonly #remembered = new Map<string, Remembered>()
  readonly #macKey = randomBytes(32)

  constructor(clock: Clock, keptMs: number) {
    this.#clock = clock
    this.#keptMs = keptMs
  }

  /** Which of the credentials that count now it was. A changed password has another hash: what was remembered no longer counts. */
  find(
    login: string,
    password: string,
    credentials: readonly Credential[],
  ): Credential | undefined {
    const entry = this.#remembered.get(this.#keyOf(login, password))
    if (entry === undefined || entry.until <= this.#clock.monotonic()) return undefined
    return credentials.find(({ hash }) => hash === entry.hash)
  }

  add(login: string, password: string, { hash }: Credential): void {
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    const until = this.#clock.monotonic() + this.#keptMs
    this.#remembered.set(this.#keyOf(login, password), { hash, until })
  }

  #keyOf(login: string, password: string): string {
    return createHmac('sha256', this.#macKey).update(`${login}\0${password}`).digest('base64')
  }
}
