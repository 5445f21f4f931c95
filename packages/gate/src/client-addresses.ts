import { isInNetwork, parseNetwork, type IpAddress } from '@gatepost/core'

/**
 * `suspicious`: every client so far comes from one private address that is no proxy of ours: something in front hides the real ones
 * (a container's gateway, a load balancer without PROXY protocol), and a ban would lock everybody out.
 */
export interface ClientAddressReport {
  readonly state: 'unknown' | 'real' | 'suspicious'
  readonly connections: number
  /** The one address, while there is only one. */
  readonly address: string | null
}

/** Fewer connections tell nothing: a household has one address too. */
const enough = 20

// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 section 2.5.6. Loopback is missing: a test or a proxy on the same machine.
const privateNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].flatMap((text) => parseNetwork(text) ?? [])

/** Watches whether the addresses that clients come from can be theirs. */
export class ClientAddresses {
  readonly #onSuspicious: (address: string) => void
  #only: IpAddress | undefined
  #hasMany = false
  #connections = 0

  /** Calls back once, when it becomes suspicious. */
  constructor(onSuspicious: (address: string) => void) {
    this.#onSuspicious = onSuspicious
  }

  saw(address: IpAddress): void {
    this.#connections += 1
    if (this.#hasMany) return
    this.#only ??= address
    if (this.#only.text !== address.text) this.#hasMany = true
    else if (this.#connections === enough && isPrivate(address)) this.#onSuspicious(address.text)
  }

  report(): ClientAddressReport {
    const only = this.#hasMany ? undefined : this.#only
    const isTold = this.#hasMany || this.#connections >= enough
    const isSuspicious = isTold && only !== undefined && isPrivate(only)
    return {
      state: isSuspicious ? 'suspicious' : isTold ? 'real' : 'unknown',
      connections: this.#connections,
      address: only?.text ?? null,
    }
  }
}

function isPrivate(address: IpAddress): boolean {
  return privateNetworks.some((network) => isInNetwork(address, network))
}
