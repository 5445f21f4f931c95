import { Occupancy, siteOf, subscriberOf, type IpAddress } from '@gatepost/core'
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
/** Beyond what strangers have: of all sources of good mail, since ten mails make one, and of all that are known for logins and have not logged in here yet. */
const mailShare = 1 / 8
const knownShare = 1 / 4
/** Of what strangers may have, on a listener or in all: from there on places are scarce, and a stranger's own share shrinks down to `leastShare` connections. */
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
  readonly #sources = new Occupancy()
  readonly #networks = new Occupancy()
  readonly #listeners = new Occupancy()
  readonly #kinds: Record<Kind, number> = { stranger: 0, mail: 0, login: 0 }

  constructor(limits: ShareLimits) {
    this.#limits = limits
  }

  /** Places are getting scarce, on that listener or in all: who holds one without use has less time. */
  isUnderStress(listener: string): boolean {
    return this.#fill(listener) > stressShare
  }

  /** Open connections of its source. */
  openOf(address: IpAddress): number {
    return this.#sources.of(subscriberOf(address).text)
  }

  /** Undefined: there is room. */
  refusal(guest: Guest): ShareRefusal | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const { address, listener, isProxy } = guest
    const kind = this.#kindOf(guest)
    const open = this.openOf(address)
    const most =
      kind === 'stranger' ? this.#ownShare(listener) : maxConnectionsPerAddress * knownFactor
    if (!isProxy && open >= most) return { kind: 'per_address', open }
    const ofNetwork = this.#networks.of(siteOf(address).text)
    const mostOfNetwork = Math.max(maxConnectionsPerAddress, maxConnections * networkShare)
    if (!isProxy && ofNetwork >= mostOfNetwork * (kind === 'login' ? 2 : 1))
      return { kind: 'per_network', open: ofNetwork }
    if (kind !== 'stranger') return undefined
    const onListener = this.#listeners.of(listener)
    if (onListener >= atLeastOne(maxConnections * listenerShare))
      return { kind: 'per_listener', open: onListener }
    const { stranger } = this.#kinds
    return stranger >= atLeastOne(maxConnections * strangersShare)
      ? { kind: 'server', open: stranger }
      : undefined
  }

  enter(guest: Guest): Place {
    const kind = this.#kindOf(guest)
    const leaveSource = this.#sources.enter(subscriberOf(guest.address).text)
    const leaveNetwork = this.#networks.enter(siteOf(guest.address).text)
    const leaveListener = kind === 'stranger' ? this.#listeners.enter(guest.listener) : undefined
    this.#kinds[kind] += 1
    const prove = once(() => {
      this.#kinds[kind] -= 1
      leaveListener?.()
      leaveNetwork()
    })
    const leave = once(() => {
      leaveSource()
      prove()
    })
    return { prove, leave }
  }

  /** Who is known is a stranger all the same while too many like him are here and have not logged in. */
  #kindOf({ known }: Guest): Kind {
    const { maxConnections } = this.#limits
    if (known === undefined) return 'stranger'
    const most = maxConnections * (known === 'mail' ? mailShare : knownShare)
    return this.#kinds[known] < atLeastOne(most) ? known : 'stranger'
  }

  /** How much of what strangers may have is taken: 0 to 1, of the listener or of all, whichever is more. */
  #fill(listener: string): number {
    const { maxConnections } = this.#limits
    const onListener = this.#listeners.of(listener) / (maxConnections * listenerShare)
    return Math.max(onListener, this.#kinds.stranger / (maxConnections * strangersShare))
  }

  /** What a stranger's source may have: all of it while there is room, less and less when there is not. */
  #ownShare(listener: string): number {
    const { maxConnectionsPerAddress } = this.#limits
    const left = Math.min(1, (1 - this.#fill(listener)) / (1 - stressShare))
    const least = Math.min(leastShare, maxConnectionsPerAddress)
    return Math.max(least, Math.floor(maxConnectionsPerAddress * left))
  }
}

type Kind = 'stranger' | KnownFor

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count))
}
