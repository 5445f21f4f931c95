import { siteOf, subscriberOf, type IpAddress } from '../address/ip-address.ts'
import type { AccountId } from '../ids.ts'
import type { MemoryPool } from './memory-pool.ts'

/** Whose share is used up; `pool`: what is left is kept for those who have less. */
export type Shortage = 'source' | 'network' | 'pool'

interface Holder {
  bytes: number
  connections: number
}

// Of one source at once: two, since mail programs send large messages in pairs; more than four are no honest need.
const minMessages = 2
const maxMessages = 4

/**
 * The memory for messages on their way in, or for answers on their way out, all sessions of a door together, shared out so that nobody keeps it from the
 * others. A source (IPv4 address, IPv6 /64, or an account) has a quarter, but at least two messages of the full size (one, where two are more than half) and at most four.
 * A network (/24, /48) has three eighths: two large messages of a provider leave room for one more of its neighbour. Once half is used, the bound of a
 * source falls with the square of what is free, from the eighth that it is then: of 256 MiB, twenty networks that hold all they may leave a newcomer
 * 1 MB, a hundred of them 50 KB.
 */
export class DataMemory {
  readonly #limitBytes: number
  readonly #maxPerSource: number
  readonly #maxPerNetwork: number
  readonly #sources = new Map<string, Holder>()
  readonly #networks = new Map<string, Holder>()
  readonly #pool: MemoryPool | undefined
  #usedBytes = 0

  /** `pool`: what all doors have together. Left out: as much as this one may have. */
  constructor(
    limits: { readonly maxBytesInFlight: number; readonly maxMessageBytes: number },
    pool?: MemoryPool,
  ) {
    const { maxBytesInFlight, maxMessageBytes } = limits
    this.#pool = pool
    this.#limitBytes = maxBytesInFlight
    this.#maxPerSource = sourceBound(maxBytesInFlight, maxMessageBytes)
    this.#maxPerNetwork = Math.max((maxBytesInFlight * 3) / 8, this.#maxPerSource)
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** For one message of this client, or of an account, which is a source of its own wherever it is. The caller leaves whatever comes of it. */
  enter(client: IpAddress | AccountId): DataShare {
    const [sourceKey, networkKey] =
      typeof client === 'string'
        ? [client, client]
        : [subscriberOf(client).text, siteOf(client).text]
    const source = join(this.#sources, sourceKey)
    const network = join(this.#networks, networkKey)
    return new DataShare(
      () => source.connections,
      (bytes) => this.#take(source, network, bytes),
      (bytes) => {
        source.bytes -= bytes
        network.bytes -= bytes
        this.#usedBytes -= bytes
        this.#pool?.give(bytes)
      },
      () => {
        goFrom(this.#sources, sourceKey, source)
        goFrom(this.#networks, networkKey, network)
      },
    )
  }

  #take(source: Holder, network: Holder, bytes: number): Shortage | undefined {
    const held = source.bytes + bytes
    const used = this.#usedBytes + bytes
    if (held > this.#maxPerSource) return 'source'
    if (network.bytes + bytes > this.#maxPerNetwork) return 'network'
    if (used > this.#limitBytes) return 'pool'
    const free = this.#limitBytes - used
    if (used > free && held > (free * free) / (2 * this.#limitBytes)) return 'pool'
    if (this.#pool?.take(bytes) === false) return 'pool'
    source.bytes = held
    network.bytes += bytes
    this.#usedBytes = used
    return undefined
  }
}

/** What one message holds. */
export class DataShare {
  readonly #connections: () => number
  readonly #take: (bytes: number) => Shortage | undefined
  readonly #give: (bytes: number) => void
  readonly #depart: () => void
  #bytes = 0
  #hasLeft = false

  constructor(
    connections: () => number,
    take: (bytes: number) => Shortage | undefined,
    give: (bytes: number) => void,
    depart: () => void,
  ) {
    this.#connections = connections
    this.#take = take
    this.#give = give
    this.#depart = depart
  }

  /** How many messages of the source are on their way. */
  get connections(): number {
    return this.#connections()
  }

  /** Undefined when it was taken; otherwise nothing was. */
  take(bytes: number): Shortage | undefined {
    const shortage = this.#take(bytes)
    if (shortage === undefined) this.#bytes += bytes
    return shortage
  }

  /** Gives the memory back: the message is refused, and still coming. */
  drop(): void {
    this.#give(this.#bytes)
    this.#bytes = 0
  }

  /** The message is dealt with. Once counts. */
  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.drop()
    this.#depart()
  }
}

function sourceBound(poolBytes: number, messageBytes: number): number {
  const wanted = Math.max(poolBytes / 4, minMessages * messageBytes)
  return Math.max(messageBytes, Math.min(wanted, maxMessages * messageBytes, poolBytes / 2))
}

function join(holders: Map<string, Holder>, key: string): Holder {
  const holder = holders.get(key) ?? { bytes: 0, connections: 0 }
  holder.connections += 1
  holders.set(key, holder)
  return holder
}

function goFrom(holders: Map<string, Holder>, key: string, holder: Holder): void {
  holder.connections -= 1
  if (holder.connections === 0) holders.delete(key)
}
