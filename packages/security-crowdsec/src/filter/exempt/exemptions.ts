import { isInAny, type IpAddress, type IpNetwork } from '@gatepost/core'

import type { Exemption, Ruling } from '../connection-filter.ts'
import { canonicalUser } from '../user-name.ts'
import type { StrongLogins } from './strong-logins.ts'

export interface ExemptionOptions {
  /** Never refused and never reported, whatever is decided: the way back in for a locked-out owner. */
  readonly neverBan: readonly IpNetwork[]
  /** Exempt from decisions on addresses. */
  readonly allowList: readonly IpNetwork[]
  /** Left out: a login exempts nobody. */
  readonly logins?: LoginExemptions
}
export interface LoginExemptions {
  readonly of: StrongLogins
  /** For so long from decisions on the address, and its user there from those on the account. */
  readonly exemptMs: number
  /** For so long a user, where he has logged in, from being slowed for what strangers do to the account. */
  readonly throttleExemptMs: number
}

/** For so long somebody who has logged in from an address speaks for it. */
const rememberedMs = 30 * 86_400_000
/** Of scenarios that have seen an attack come from where people log in: there nobody is exempt from it. */
const sharedScenario = /_shared$/

/** Who comes in although something is decided. Only asked about those, so lists may be walked. */
export class Exemptions {
  readonly #options: ExemptionOptions

  constructor(options: ExemptionOptions) {
    this.#options = options
  }

  isNeverBanned(address: IpAddress): boolean {
    return isInAny(address, this.#options.neverBan)
  }

  hasLoggedIn(address: IpAddress): boolean {
    return this.#options.logins?.of.has(address, rememberedMs) === true
  }

  /** From a decision on the address. */
  of(address: IpAddress): Exemption | undefined {
    const { allowList, logins } = this.#options
    if (this.isNeverBanned(address)) return 'never_ban'
    if (isInAny(address, allowList)) return 'allow_list'
    return logins?.of.has(address, logins.exemptMs) === true ? 'strong_login' : undefined
  }

  /** From a decision on the account: the owner's own places, not those of other users. */
  ofUser(user: string, address: IpAddress, { kind, decision }: Ruling): Exemption | undefined {
    if (this.isNeverBanned(address)) return 'never_ban'
    const { logins } = this.#options
    const name = canonicalUser(user)
    if (logins === undefined || name === undefined) return undefined
    if (sharedScenario.test(decision.scenario)) return undefined
    const { exemptMs, throttleExemptMs } = logins
    const ms = kind === 'throttle' ? Math.max(exemptMs, throttleExemptMs) : exemptMs
    return logins.of.hasFor(name, address, ms) ? 'strong_login' : undefined
  }

  noteLogin(user: string, address: IpAddress): void {
    const name = canonicalUser(user)
    if (name !== undefined) this.#options.logins?.of.note(name, address)
  }
}
