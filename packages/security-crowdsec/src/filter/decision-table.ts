import { maskGroups, type Clock, type IpAddress, type IpNetwork } from '@gatepost/core'

import type { Decision, DecisionChange } from './connection-filter.ts'
import type { LapiDecision } from './lapi-decision.ts'

interface Entry {
  readonly decision: Decision
  readonly network: IpNetwork
  /** By the monotonic clock: a jump of the wall clock frees nobody and holds nobody longer. */
  readonly expiresAt: number
}

const allowTypes = new Set(['allow', 'whitelist'])

/**
 * Decisions by id, found by address: a map per prefix length, so that a look-up costs as many probes as there are lengths in use.
 * Several decisions may name the same network; an allow beats every ban, whichever of the two is narrower.
 */
export class DecisionTable {
  readonly #clock: Clock
  readonly #byId = new Map<number, Entry>()
  readonly #byFamily = {
    4: new Map<number, Map<string, Entry[]>>(),
    6: new Map<number, Map<string, Entry[]>>(),
  }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#byId.size
  }
  ids(): IterableIterator<number> {
    return this.#byId.keys()
  }

  /** Answers what that changes: a known id that means the same only has its end moved. Ids start again when a Local API gets a new database. */
  put(item: LapiDecision): DecisionChange {
    const known = this.remove(item.id)
    const gone = known === undefined ? [] : [known]
    if (item.remainingMs <= 0) return { added: [], deleted: gone }
    const decision: Decision = {
      id: item.id,
      scope: isAddress(item.network) ? 'ip' : 'range',
      value: item.network.text,
      type: item.type,
      scenario: item.scenario,
      origin: item.origin,
      until: Math.round(this.#clock.now() + item.remainingMs),
    }
    const entry = {
      decision,
      network: item.network,
      expiresAt: this.#clock.monotonic() + item.remainingMs,
    }
    this.#byId.set(item.id, entry)
    this.#bucket(item.network).push(entry)
    const isSame = known?.value === decision.value && known.type === decision.type
    return isSame ? { added: [], deleted: [] } : { added: [decision], deleted: gone }
  }

  remove(id: number): Decision | undefined {
    const entry = this.#byId.get(id)
    if (entry === undefined) return undefined
    this.#byId.delete(id)
    const { family, prefix } = entry.network
    const lengths = this.#byFamily[family]
    const networks = lengths.get(prefix)
    const key = keyOf(entry.network.groups)
    const left = networks?.get(key)?.filter((other) => other !== entry) ?? []
    if (left.length > 0) networks?.set(key, left)
    else networks?.delete(key)
    if (networks?.size === 0) lengths.delete(prefix)
    return entry.decision
  }

  /** Removes what is over and answers it. */
  expire(): Decision[] {
    const now = this.#clock.monotonic()
    const over: Decision[] = []
    for (const [id, entry] of this.#byId) {
      if (entry.expiresAt > now) continue
      this.remove(id)
      over.push(entry.decision)
    }
    return over
  }

  /** The ban that holds for the address, unless an allow stands beside it. */
  findBan(address: IpAddress): Decision | undefined {
    let ban: Decision | undefined
    for (const decision of this.matching(address)) {
      if (allowTypes.has(decision.type)) return undefined
      if (decision.type === 'ban') ban ??= decision
    }
    return ban
  }

  /** Every decision on the address or on a network that it is in. */
  *matching(address: IpAddress): Generator<Decision> {
    const now = this.#clock.monotonic()
    for (const [prefix, networks] of this.#byFamily[address.family]) {
      const entries = networks.get(keyOf(maskGroups(address.groups, address.family, prefix)))
      for (const { decision, expiresAt } of entries ?? []) if (expiresAt > now) yield decision
    }
  }

  all(): Decision[] {
    const now = this.#clock.monotonic()
    return [...this.#byId.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ decision }) => decision)
  }

  #bucket(network: IpNetwork): Entry[] {
    const lengths = this.#byFamily[network.family]
    let networks = lengths.get(network.prefix)
    if (networks === undefined) lengths.set(network.prefix, (networks = new Map<string, Entry[]>()))
    const key = keyOf(network.groups)
    let entries = networks.get(key)
    if (entries === undefined) networks.set(key, (entries = []))
    return entries
  }
}

function isAddress({ family, prefix }: IpNetwork): boolean {
  return prefix === (family === 4 ? 32 : 128)
}

/** The 128 bits as 8 UTF-16 code units: short to hash, no formatting. */
function keyOf(groups: readonly number[]): string {
  return String.fromCharCode(...groups)
}
