import { isInNetwork, type IpAddress, type IpNetwork } from '@gatepost/core'

import type { Exemption } from '../connection-filter.ts'
import { canonicalUser } from '../user-name.ts'
import type { StrongLogins } from './strong-logins.ts'

export interface ExemptionOptions {
  /** Never refused and never reported, whatever is decided: the way back in for a locked-out owner. */
  readonly neverBan: readonly IpNetwork[]
  /** Exempt from decisions on addresses. */
  readonly allowList: readonly IpNetwork[]
  /** Left out: a login exempts nobody. */
  readonly logins?: StrongLogins
}

/** Who comes in although something is decided. Only asked about those, so lists may be walked. */
export class Exemptions {
  readonly #options: ExemptionOptions

  constructor(options: ExemptionOptions) {
    this.#options = options
  }

  isNeverBanned(address: IpAddress): boolean {
    return this.#options.neverBan.some((network) => isInNetwork(address, network))
  }

  /** From a decision on the address. */
  of(address: IpAddress): Exemption | undefined {
    const { allowList, logins } = this.#options
    if (this.isNeverBanned(address)) return 'never_ban'
    if (allowList.some((network) => isInNetwork(address, network))) return 'allow_list'
    return logins?.has(address) === true ? 'strong_login' : undefined
  }

  /** From a decision on the account: the owner's own places, not those of other users. */
  ofUser(user: string, address: IpAddress): Exemption | undefined {
    if (this.isNeverBanned(address)) return 'never_ban'
    const name = canonicalUser(user)
    const isOwner = name !== undefined && this.#options.logins?.hasFor(name, address) === true
    return isOwner ? 'strong_login' : undefined
  }

  noteLogin(user: string, address: IpAddress): void {
    const name = canonicalUser(user)
    if (name !== undefined) this.#options.logins?.note(name, address)
  }
}
