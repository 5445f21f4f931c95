import type { Clock, IpAddress } from '@gatepost/core'
import type { AuthFailureLog, ConnectionBurst, SecurityContext } from '@gatepost/security-crowdsec'

import { ConnectionPace } from './connection-pace.ts'
import { ConnectionShares, type Guest, type Place, type ShareLimits } from './connection-shares.ts'

export interface TurnstileOptions {
  readonly clock: Clock
  readonly limits: ShareLimits
  readonly security: Pick<AuthFailureLog, 'connectionLimited' | 'connectionBurst'>
}

/** How many may be inside, and how fast they may come; says who wanted more. */
export class Turnstile {
  readonly #security: TurnstileOptions['security']
  readonly #shares: ConnectionShares
  readonly #pace: ConnectionPace

  constructor({ clock, limits, security }: TurnstileOptions) {
    this.#security = security
    this.#shares = new ConnectionShares(limits)
    this.#pace = new ConnectionPace(clock)
  }

  isUnderStress(listener: string): boolean {
    return this.#shares.isUnderStress(listener)
  }

  /** Somebody's share is used up, or the client comes faster than any program does. */
  refuses(guest: Guest, context: SecurityContext): boolean {
    if (!guest.isProxy && this.isTooFast('connections', guest.address, context)) return true
    const refusal = this.#shares.refusal(guest)
    if (refusal === undefined) return false
    const { kind, open } = refusal
    // That all strangers together have too much is nothing that this one did; who knocks at a full listener without end may be the one who fills it.
    if (kind !== 'server') this.#security.connectionLimited(context, { kind, open })
    return true
  }

  enter(guest: Guest): Place {
    return this.#shares.enter(guest)
  }

  /** The same without a word, for a client whose address may be anybody's. */
  isFlooding(kind: ConnectionBurst['kind'], address: IpAddress): boolean {
    return this.#pace.count(kind, address, false).isTooMuch
  }

  /** True: by far. */
  isTooFast(kind: ConnectionBurst['kind'], address: IpAddress, context: SecurityContext): boolean {
    const { burst, isTooMuch } = this.#pace.count(kind, address, context.known !== undefined)
    if (burst !== undefined) this.#security.connectionBurst(context, burst)
    return isTooMuch
  }
}
