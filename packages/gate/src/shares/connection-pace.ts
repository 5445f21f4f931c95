import { forgetOldest, subscriberOf, type Clock, type IpAddress } from '@gatepost/core'
import type { ConnectionBurst } from '@gatepost/security-crowdsec'

type What = ConnectionBurst['kind']

interface Window {
  readonly startedAt: number
  connections: number
  handshakes: number
  requests: number
}

const windowMs = 10_000
/** Within the window, of one source: more than the programs of one household begin at once after their network was away. */
const most: Readonly<Record<What, number>> = {
  connections: 100,
  handshakes: 60,
  requests: 600,
}
/** An office that comes back all at once. */
const knownFactor = 4
/** At so many times the limit a source is turned away until its window is over: an engine needs a second to decide. */
const refusedAt = 3
const maxKept = 20_000

export interface PaceResult {
  /** The limit, or a multiple of it, has just been reached. */
  readonly burst: ConnectionBurst | undefined
  readonly isTooMuch: boolean
}

/** How fast a source (an IPv4 address, an IPv6 /64) opens connections, begins handshakes and sends HTTP requests: judging is CrowdSec's, a bound is ours. */
export class ConnectionPace {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #windows = new Map<string, Window>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  count(kind: What, address: IpAddress, isKnown: boolean): PaceResult {
    const window = this.#windowOf(subscriberOf(address).text)
    window[kind] += 1
    const count = window[kind]
    const limit = most[kind] * (isKnown ? knownFactor : 1)
    const seconds = Math.max(1, Math.ceil((this.#clock.monotonic() - window.startedAt) / 1000))
    return {
      burst: count % limit === 0 ? { kind, count, seconds } : undefined,
      isTooMuch: count > limit * refusedAt,
    }
  }

  #windowOf(source: string): Window {
    const now = this.#clock.monotonic()
    const known = this.#windows.get(source)
    if (known !== undefined && now - known.startedAt < windowMs) return known
    this.#windows.delete(source)
    const window = { startedAt: now, connections: 0, handshakes: 0, requests: 0 }
    this.#windows.set(source, window)
    forgetOldest(this.#windows, maxKept, ({ startedAt }) => now - startedAt >= windowMs)
    return window
  }
}
