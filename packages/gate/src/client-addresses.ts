import { isLoopbackAddress, isPrivateAddress, type Clock, type IpAddress } from '@gatepost/core'

/**
 * `suspicious`: something in front hides the real clients, and a ban would lock everybody out, or nobody. Every client so far comes from one private
 * address that is no proxy of ours (a container's gateway, a load balancer without PROXY protocol), or a proxy for HTTP is not in `proxy.trusted`.
 */
export interface ClientAddressReport {
  readonly state: 'unknown' | 'real' | 'suspicious'
  readonly connections: number
  /** The one address, while there is only one. */
  readonly address: string | null
  /** Private addresses that have sent requests of others within the last hour and are no trusted proxies. */
  readonly unlistedProxies: readonly string[]
}

/** Fewer connections tell nothing: a household has one address too. */
const enough = 20

/** From a stranger on the internet the header of a proxy is a lie of his own, and no reason to suspect the installation. */
const unlistedKeptMs = 3_600_000
const maxUnlisted = 8

export interface ClientAddressOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Called once, when all clients seem to be one. */
  readonly onSuspicious: (address: string) => void
  /** Called once, for the first client with such an address. */
  readonly onPrivateClient: (address: string) => void
  /** Called once for each of the first few. */
  readonly onUnlistedProxy: (address: string) => void
}

/** Watches whether the addresses that clients come from can be theirs. */
export class ClientAddresses {
  readonly #options: ClientAddressOptions
  /** Address to the time of the last request, by the monotonic clock. */
  readonly #unlisted = new Map<string, number>()
  #only: IpAddress | undefined
  #hasMany = false
  #hasPrivate = false
  #connections = 0

  constructor(options: ClientAddressOptions) {
    this.#options = options
  }

  saw(address: IpAddress): void {
    this.#connections += 1
    if (!this.#hasPrivate && isPrivateAddress(address)) {
      this.#hasPrivate = true
      this.#options.onPrivateClient(address.text)
    }
    if (this.#hasMany) return
    this.#only ??= address
    if (this.#only.text !== address.text) this.#hasMany = true
    else if (this.#connections === enough && isPrivateAddress(address))
      this.#options.onSuspicious(address.text)
  }

  /** A peer that is no trusted proxy has sent a request with the fields of one. */
  sawUnlistedProxy(peer: IpAddress): void {
    if (!isPrivateAddress(peer) && !isLoopbackAddress(peer)) return
    if (!this.#unlisted.has(peer.text)) {
      if (this.#unlisted.size >= maxUnlisted) return
      this.#options.onUnlistedProxy(peer.text)
    }
    this.#unlisted.set(peer.text, this.#options.clock.monotonic())
  }

  report(): ClientAddressReport {
    const only = this.#hasMany ? undefined : this.#only
    const isTold = this.#hasMany || this.#connections >= enough
    const isSuspicious = isTold && only !== undefined && isPrivateAddress(only)
    const since = this.#options.clock.monotonic() - unlistedKeptMs
    const unlistedProxies = [...this.#unlisted].filter(([, at]) => at > since).map(([ip]) => ip)
    const hides = isSuspicious || unlistedProxies.length > 0
    return {
      state: hides ? 'suspicious' : isTold ? 'real' : 'unknown',
      connections: this.#connections,
      address: only?.text ?? null,
      unlistedProxies,
    }
  }
}
