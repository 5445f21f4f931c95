import { networkAround, subscriberOf, type IpAddress } from '@gatepost/core'
import type { KnownFor, LimitKind } from '@gatepost/security-crowdsec'

export interface ShareLimits {
  /** Open connections of all protocols together. */
  readonly maxConnections: number
  /** Of one source: an IPv4 address, an IPv6 /64. */
  readonly maxConnectionsPerAddress: number
}

export interface Guest {
  readonly listener: string
  readonly address: IpAddress
  readonly known: KnownFor | undefined
  /** A trusted proxy, whose connections are those of many. */
  readonly isProxy: boolean
}

/** `server`: strangers have all that they may have together. */
export type ShareRefusal = {
  readonly kind: Extract<LimitKind, 'per_address' | 'per_network' | 'per_listener'> | 'server'
  /** How many there are. */
  readonly open: number
}

// Strangers together may have three quarters, on one listener half, from one network (IPv4 /24, IPv6 /48) an eighth: what is left is for those who logged in
// lately and for sources of good mail, and no protocol is shut by the crowd at the door of another.
const strangersShare = 3 / 4
const listenerShare = 1 / 2
const networkShare = 1 / 8
/** From where on a stranger's own share shrinks, down to `leastShare` connections when strangers have all of theirs. */
const stressShare = 1 / 2
const leastShare = 4
/** An office behind one address has more programs open than one person. */
const knownFactor = 4

export interface Place {
  /** Somebody has logged in here: it counts among strangers no longer. */
  prove(): void
  /** Gives it back. */
  leave(): void
}

/** Who may have how many of the places, so that neither one address nor one network nor a crowd of strangers has all of them. */
export class ConnectionShares {
  readonly #limits: ShareLimits
  readonly #sources = new Counts()
  readonly #networks = new Counts()
  readonly #listeners = new Counts()
  #strangers = 0
  /** Strangers, and sources of good mail: ten messages are earned more easily than a login. */
  #withoutLogin = 0

  constructor(limits: ShareLimits) {
    this.#limits = limits
  }

  /** Places of strangers are getting scarce: who holds one without use has less time. */
  get isUnderStress(): boolean {
    return this.#withoutLogin > this.#limits.maxConnections * stressShare
  }

  /** Open connections of its source. */
  openOf(address: IpAddress): number {
    return this.#sources.of(subscriberOf(address).text)
  }

  /** Undefined: there is room. */
  refusal(guest: Guest): ShareRefusal | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const open = this.openOf(guest.address)
    const most =
      guest.known === undefined ? this.#ownShare() : maxConnectionsPerAddress * knownFactor
    if (!guest.isProxy && open >= most) return { kind: 'per_address', open }
    if (guest.known === 'login') return undefined
    const ofNetwork = this.#networks.of(networkOf(guest.address))
    const mostOfNetwork = Math.max(maxConnectionsPerAddress, maxConnections * networkShare)
    if (!guest.isProxy && ofNetwork >= mostOfNetwork)
      return { kind: 'per_network', open: ofNetwork }
    if (guest.known === 'mail') return undefined
    const onListener = this.#listeners.of(guest.listener)
    if (onListener >= atLeastOne(maxConnections * listenerShare))
      return { kind: 'per_listener', open: onListener }
    return this.#strangers >= atLeastOne(maxConnections * strangersShare)
      ? { kind: 'server', open: this.#strangers }
      : undefined
  }

  enter(guest: Guest): Place {
    const leaveSource = this.#sources.add(subscriberOf(guest.address).text)
    const prove = once(guest.known === 'login' ? () => undefined : this.#addWithoutLogin(guest))
    const leave = once(() => {
      leaveSource()
      prove()
    })
    return { prove, leave }
  }

  #addWithoutLogin({ address, listener, known }: Guest): () => void {
    const isStranger = known === undefined
    this.#withoutLogin += 1
    if (isStranger) this.#strangers += 1
    const leaveNetwork = this.#networks.add(networkOf(address))
    const leaveListener = isStranger ? this.#listeners.add(listener) : undefined
    return () => {
      this.#withoutLogin -= 1
      if (isStranger) this.#strangers -= 1
      leaveNetwork()
      leaveListener?.()
    }
  }

  /** What a stranger's source may have: all of it while there is room, less and less when there is not. */
  #ownShare(): number {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const used = this.#strangers / maxConnections
    const left = Math.min(1, (strangersShare - used) / (strangersShare - stressShare))
    const least = Math.min(leastShare, maxConnectionsPerAddress)
    return Math.max(least, Math.floor(maxConnectionsPerAddress * left))
  }
}

class Counts {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string): () => void {
    this.#counts.set(key, this.of(key) + 1)
    return () => {
      const left = this.of(key) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

/** What one customer of a provider may have at most: RFC 6177 gives a site up to a /48. */
function networkOf(address: IpAddress): string {
  return networkAround(address, address.family === 4 ? 24 : 48).text
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count))
}
