import type { Clock, IpAddress } from '@gatepost/core'

import type { Decision, DecisionScope } from '../connection-filter.ts'
import { firstV6Code, readWords, wordMask, type Words } from '../stream/address-words.ts'
import { namedCode, type DecisionBatch, type Name } from '../stream/decision-batch.ts'
import { EndHeap } from './end-heap.ts'
import { KindPool, type PooledKind, type SubjectType } from './kind-pool.ts'
import { NameIndex } from './name-index.ts'
import { PrefixLengths } from './prefix-lengths.ts'
import { ignoredRank, Remedies } from './remedies.ts'
import { hashId, hashWords, SlotChains } from './slot-chains.ts'
import { SlotColumns } from './slot-columns.ts'

/** What a step changed, for those who listen; nobody does while the first list comes in. */
export interface ChangeList {
  readonly added: Decision[]
  readonly deleted: Decision[]
}
/** With what rows are taken in. */
export interface Intake {
  /** When the answer came, by the monotonic clock: durations are from then on. */
  readonly at: number
  readonly change?: ChangeList | undefined
}
export interface Match {
  readonly rank: number
  readonly decision: Decision
  /** No other decision concerns the client. */
  readonly isOnly: boolean
}
export interface DecisionTableOptions {
  readonly clock: Clock
  readonly remedies?: Remedies
  /** Beyond these nothing is taken in. */
  readonly maxDecisions?: number
}

const firstCapacity = 256
/** Wall clocks are corrected by less all the time; more is a jump that what people are shown has to follow. */
const jumpMs = 1000

/**
 * Decisions by id, found by address: a look-up costs one probe for each prefix length in use and makes no garbage. Ends are by the monotonic
 * clock: a jump of the wall clock frees nobody and holds nobody longer.
 */
export class DecisionTable {
  readonly #clock: Clock
  readonly #maxDecisions: number
  readonly #columns = new SlotColumns(firstCapacity)
  readonly #ends = new EndHeap(firstCapacity)
  readonly #kinds: KindPool
  readonly #byId = new SlotChains((slot) => hashId(this.#columns.ids[slot] ?? 0), firstCapacity)
  readonly #byNetwork = new SlotChains((slot) => this.#networkHash(slot), firstCapacity)
  readonly #byName = new NameIndex()
  readonly #lengths = new PrefixLengths()
  readonly #probe: Words = { w0: 0, w1: 0, w2: 0, w3: 0 }
  readonly #address: Words = { w0: 0, w1: 0, w2: 0, w3: 0 }
  #wallOffset: number
  #list = 0
  #size = 0
  #dropped = 0

  constructor({
    clock,
    remedies = new Remedies(),
    maxDecisions = 1_000_000,
  }: DecisionTableOptions) {
    this.#clock = clock
    this.#maxDecisions = maxDecisions
    this.#kinds = new KindPool(remedies)
    this.#wallOffset = clock.now() - clock.monotonic()
  }

  get size(): number {
    return this.#size
  }
  /** Decisions that were not taken in because the table was full. */
  get dropped(): number {
    return this.#dropped
  }
  kinds(): IterableIterator<PooledKind> {
    return this.#kinds.all()
  }
  /** Decisions on countries and systems: without any there is no need to know where an address is. */
  get placeCount(): number {
    return this.#byName.places
  }

  /** Takes a row in. A known id that means the same only has its end moved; one that means something else replaces it: ids start again when a Local API gets a new database. */
  put(batch: DecisionBatch, row: number, intake: Intake): void {
    const { at, change } = intake
    const id = batch.ids[row] ?? 0
    const kind = batch.kinds[row]
    const remainingMs = batch.remainingMs[row] ?? 0
    if (kind === undefined) return
    const known = this.#slotOf(id)
    if (known !== -1) {
      const columns = this.#columns
      const isSame =
        columns.kinds[known]?.type === kind.type && columns.hasSubjectOf(known, batch, row)
      if (isSame && remainingMs > 0) {
        this.#ends.set(known, at + remainingMs)
        columns.lists[known] = this.#list
        return
      }
      this.#drop(known, change)
    }
    if (remainingMs > 0) this.#add(batch, row, intake)
  }

  remove(id: number, change?: ChangeList): void {
    const slot = this.#slotOf(id)
    if (slot !== -1) this.#drop(slot, change)
  }

  /** Removes what is over, at most so many. Answers whether nothing is left to remove. */
  expire(limit: number, change?: ChangeList): boolean {
    const now = this.#clock.monotonic()
    for (let count = 0; count < limit; count += 1) {
      const slot = this.#ends.top
      if (slot === -1 || this.#ends.endOf(slot) > now) return true
      this.#drop(slot, change)
    }
    return false
  }

  /** To begin taking so many rows in. Room for a first list is made at once, while there is nothing to move. */
  intake(rows: number, change?: ChangeList): Intake {
    this.#kinds.forgetObjects()
    const wanted = 2 ** Math.ceil(Math.log2(Math.min(rows, this.#maxDecisions) + 1))
    if (this.#size === 0 && wanted > this.#columns.capacity) this.#grow(wanted)
    return { at: this.#clock.monotonic(), change }
  }

  /** From now on, what is put or touched is on a new list. */
  beginList(): void {
    this.#list += 1
  }
  /** It is on the list, though what is said of it cannot be read. */
  touch(id: number): void {
    const slot = this.#slotOf(id)
    if (slot !== -1) this.#columns.lists[slot] = this.#list
  }
  /** Removes what the list does not name, looking at `count` slots from `from` on. Answers where to go on, or -1 at the end. */
  sweep(from: number, count: number, change?: ChangeList): number {
    const columns = this.#columns
    const end = Math.min(columns.kinds.length, from + count)
    for (let slot = from; slot < end; slot += 1)
      if (columns.kinds[slot] !== undefined && columns.lists[slot] !== this.#list)
        this.#drop(slot, change)
    return end === columns.kinds.length ? -1 : end
  }

  /** The decision of the lowest rank that holds for the address or for one of the names; of equals the one on the narrowest network. */
  strongest(address: IpAddress | undefined, names: readonly Name[] = []): Match | undefined {
    let best = -1
    let bestRank = ignoredRank
    let count = 0
    const { ranks } = this.#columns
    this.#each(address, names, (slot) => {
      count += 1
      const rank = ranks[slot] ?? ignoredRank
      if (rank >= bestRank) return
      best = slot
      bestRank = rank
    })
    return best === -1
      ? undefined
      : { rank: bestRank, decision: this.#decision(best), isOnly: count === 1 }
  }

  /** Every decision that holds for the address or for one of the names. */
  matching(address: IpAddress | undefined, names: readonly Name[] = []): Decision[] {
    const found: Decision[] = []
    this.#each(address, names, (slot) => found.push(this.#decision(slot)))
    return found
  }

  /** Everything that holds, by pieces: calls `use` for what is in `count` slots from `from` on. Answers where to go on, or -1 at the end. */
  each(from: number, count: number, use: (decision: Decision) => void): number {
    const now = this.#clock.monotonic()
    const { kinds } = this.#columns
    const end = Math.min(kinds.length, from + count)
    for (let slot = from; slot < end; slot += 1)
      if (kinds[slot] !== undefined && this.#ends.endOf(slot) > now) use(this.#decision(slot))
    return end === kinds.length ? -1 : end
  }

  all(): Decision[] {
    const found: Decision[] = []
    this.each(0, this.#columns.kinds.length, (decision) => found.push(decision))
    return found
  }

  #each(address: IpAddress | undefined, names: readonly Name[], use: (slot: number) => void): void {
    const now = this.#clock.monotonic()
    if (address !== undefined) {
      const { w0, w1, w2, w3 } = readWords(address.groups, this.#address)
      const probe = this.#probe
      for (const code of this.#lengths.of(address.family)) {
        probe.w0 = w0 & (masks[4 * code] ?? 0)
        probe.w1 = w1 & (masks[4 * code + 1] ?? 0)
        probe.w2 = w2 & (masks[4 * code + 2] ?? 0)
        probe.w3 = w3 & (masks[4 * code + 3] ?? 0)
        let slot = this.#byNetwork.first(hashWords(probe, code))
        for (; slot !== -1; slot = this.#byNetwork.next(slot))
          if (this.#columns.isOn(slot, probe, code) && this.#ends.endOf(slot) > now) use(slot)
      }
    }
    for (const name of names)
      for (const slot of this.#byName.of(name)) if (this.#ends.endOf(slot) > now) use(slot)
  }

  #add(batch: DecisionBatch, row: number, { at, change }: Intake): void {
    const slot = this.#size < this.#maxDecisions ? this.#takeSlot() : undefined
    const kind = batch.kinds[row]
    if (slot === undefined || kind === undefined) {
      this.#dropped += 1
      return
    }
    const pooled = this.#kinds.take(kind, subjectOf(batch.codes[row] ?? 0))
    this.#columns.fill(slot, pooled, batch, row)
    this.#columns.lists[slot] = this.#list
    this.#ends.set(slot, at + (batch.remainingMs[row] ?? 0))
    this.#byId.add(slot)
    const name = batch.names.get(row)
    if (name === undefined) {
      this.#byNetwork.add(slot)
      this.#lengths.count(this.#columns.codes[slot] ?? 0, 1)
    } else this.#byName.add(slot, name)
    this.#size += 1
    change?.added.push(this.#decision(slot))
  }

  #takeSlot(): number | undefined {
    const slot = this.#columns.takeSlot()
    if (slot !== undefined) return slot
    this.#grow(2 * this.#columns.capacity)
    return this.#columns.takeSlot()
  }

  #grow(capacity: number): void {
    const columns = this.#columns
    columns.grow(capacity)
    this.#ends.grow(capacity)
    this.#byId.grow(capacity, columns.kinds.length, (slot) => columns.isUsed(slot))
    this.#byNetwork.grow(capacity, columns.kinds.length, (slot) => columns.isOnNetwork(slot))
  }

  #drop(slot: number, change: ChangeList | undefined): void {
    change?.deleted.push(this.#decision(slot))
    this.#byId.remove(slot)
    const name = this.#columns.names.get(slot)
    if (name === undefined) {
      this.#byNetwork.remove(slot)
      this.#lengths.count(this.#columns.codes[slot] ?? 0, -1)
    } else this.#byName.remove(slot, name)
    this.#ends.remove(slot)
    const kind = this.#columns.kinds[slot]
    if (kind !== undefined) this.#kinds.giveBack(kind, subjectOf(this.#columns.codes[slot] ?? 0))
    this.#columns.free(slot)
    this.#size -= 1
  }

  #slotOf(id: number): number {
    let slot = this.#byId.first(hashId(id))
    while (slot !== -1 && this.#columns.ids[slot] !== id) slot = this.#byId.next(slot)
    return slot
  }

  #networkHash(slot: number): number {
    return hashWords(
      this.#columns.readWords(slot, { w0: 0, w1: 0, w2: 0, w3: 0 }),
      this.#columns.codes[slot] ?? 0,
    )
  }

  #decision(slot: number): Decision {
    const columns = this.#columns
    const { type = '', scenario = '', origin = '' } = columns.kinds[slot] ?? {}
    return {
      id: columns.ids[slot] ?? 0,
      scope: this.#scopeOf(slot),
      value: columns.value(slot),
      type,
      scenario,
      origin,
      until: this.#wallTime(this.#ends.endOf(slot)),
    }
  }

  #scopeOf(slot: number): DecisionScope {
    return this.#columns.names.get(slot)?.scope ?? (this.#columns.isHost(slot) ? 'ip' : 'range')
  }

  #wallTime(monotonic: number): number {
    const offset = this.#clock.now() - this.#clock.monotonic()
    if (Math.abs(offset - this.#wallOffset) > jumpMs) this.#wallOffset = offset
    return Math.round(this.#wallOffset + monotonic)
  }
}

const masks = Int32Array.from({ length: 1024 }, (_, index) => wordMask(index >> 2, index & 3))

function subjectOf(code: number): SubjectType {
  if (code === namedCode) return 'name'
  return code < firstV6Code ? 'ipv4' : 'ipv6'
}
