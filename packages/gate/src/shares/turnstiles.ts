import type { IpAddress } from '@gatepost/core'
import type { ConnectionBurst, SecurityContext } from '@gatepost/security-crowdsec'

import type { Guest, Place } from './connection-shares.ts'
import { Turnstile, type TurnstileOptions } from './turnstile.ts'

/** The turnstile of all listeners, and one of its own for each listener that has places of its own. */
export class Turnstiles {
  readonly #options: TurnstileOptions
  readonly #common: Turnstile
  readonly #own = new Map<string, Turnstile>()

  constructor(options: TurnstileOptions) {
    this.#options = options
    this.#common = new Turnstile(options)
  }

  /** From now on the listener has so many places, whatever the others have. */
  setApart(listener: string, places: number): void {
    const { maxConnectionsPerAddress } = this.#options.limits
    const limits = {
      maxConnections: places,
      maxConnectionsPerAddress: Math.min(places, maxConnectionsPerAddress),
    }
    this.#own.set(listener, new Turnstile({ ...this.#options, limits }))
  }

  isUnderStress(listener: string): boolean {
    return this.#of(listener).isUnderStress(listener)
  }

  refuses(guest: Guest, context: SecurityContext): boolean {
    return this.#of(guest.listener).refuses(guest, context)
  }

  enter(guest: Guest): Place {
    return this.#of(guest.listener).enter(guest)
  }

  isFlooding(kind: ConnectionBurst['kind'], address: IpAddress): boolean {
    return this.#common.isFlooding(kind, address)
  }

  isTooFast(kind: ConnectionBurst['kind'], address: IpAddress, context: SecurityContext): boolean {
    return this.#common.isTooFast(kind, address, context)
  }

  #of(listener: string): Turnstile {
    return this.#own.get(listener) ?? this.#common
  }
}
