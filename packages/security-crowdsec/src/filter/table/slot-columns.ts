import { parseIp } from '@gatepost/core'

import { familyOf, prefixOf, wordsText, type Words } from '../stream/address-words.ts'
import { grown, namedCode, type DecisionBatch, type Name } from '../stream/decision-batch.ts'
import type { PooledKind } from './kind-pool.ts'

/** What the table knows of each decision, a column each: 100,000 of them are 4 MB, and no work for the garbage collector. */
export class SlotColumns {
  ids: Float64Array
  words: Int32Array
  codes: Uint8Array
  ranks: Uint8Array
  /** The list that named it last. */
  lists: Uint32Array
  /** Undefined: the slot is free. */
  readonly kinds: (PooledKind | undefined)[] = []
  readonly names: Map<number, Name> = new Map()
  capacity: number
  readonly #free: number[] = []

  constructor(capacity: number) {
    this.capacity = capacity
    this.ids = new Float64Array(capacity)
    this.words = new Int32Array(capacity * 4)
    this.codes = new Uint8Array(capacity)
    this.ranks = new Uint8Array(capacity)
    this.lists = new Uint32Array(capacity)
  }

  /** A free slot; undefined when there is none and `grow` is due. */
  takeSlot(): number | undefined {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.kinds.length === this.capacity) return undefined
    this.kinds.push(undefined)
    return this.kinds.length - 1
  }

  fill(slot: number, kind: PooledKind, batch: DecisionBatch, row: number): void {
    this.ids[slot] = batch.ids[row] ?? 0
    for (let word = 0; word < 4; word += 1)
      this.words[4 * slot + word] = batch.words[4 * row + word] ?? 0
    this.codes[slot] = batch.codes[row] ?? 0
    this.kinds[slot] = kind
    this.ranks[slot] = kind.rank
    const name = batch.names.get(row)
    if (name !== undefined) this.names.set(slot, name)
  }

  free(slot: number): void {
    this.kinds[slot] = undefined
    this.names.delete(slot)
    this.#free.push(slot)
  }

  /** A power of two. */
  grow(capacity: number): void {
    this.capacity = capacity
    this.ids = grown(this.ids, new Float64Array(this.capacity))
    this.words = grown(this.words, new Int32Array(this.capacity * 4))
    this.codes = grown(this.codes, new Uint8Array(this.capacity))
    this.ranks = grown(this.ranks, new Uint8Array(this.capacity))
    const lists = new Uint32Array(this.capacity)
    lists.set(this.lists)
    this.lists = lists
  }

  isUsed(slot: number): boolean {
    return this.kinds[slot] !== undefined
  }
  isOnNetwork(slot: number): boolean {
    return this.kinds[slot] !== undefined && this.codes[slot] !== namedCode
  }

  readWords(slot: number, into: Words): Words {
    into.w0 = this.words[4 * slot] ?? 0
    into.w1 = this.words[4 * slot + 1] ?? 0
    into.w2 = this.words[4 * slot + 2] ?? 0
    into.w3 = this.words[4 * slot + 3] ?? 0
    return into
  }

  isOn(slot: number, { w0, w1, w2, w3 }: Readonly<Words>, code: number): boolean {
    const { words } = this
    return (
      words[4 * slot + 3] === w3 &&
      this.codes[slot] === code &&
      words[4 * slot] === w0 &&
      words[4 * slot + 1] === w1 &&
      words[4 * slot + 2] === w2
    )
  }

  /** Whether a row is on the same client as the slot. */
  hasSubjectOf(slot: number, batch: DecisionBatch, row: number): boolean {
    for (let word = 0; word < 4; word += 1)
      if (this.words[4 * slot + word] !== batch.words[4 * row + word]) return false
    const [mine, theirs] = [this.names.get(slot), batch.names.get(row)]
    return (
      this.codes[slot] === batch.codes[row] &&
      mine?.scope === theirs?.scope &&
      mine?.name === theirs?.name
    )
  }

  /** The canonical text of an address, a network or a name. */
  value(slot: number): string {
    const name = this.names.get(slot)
    if (name !== undefined) return name.name
    const code = this.codes[slot] ?? 0
    const family = familyOf(code)
    const text = wordsText(this.readWords(slot, { w0: 0, w1: 0, w2: 0, w3: 0 }), family)
    const address = family === 4 ? text : (parseIp(text)?.text ?? text)
    return this.isHost(slot) ? address : `${address}/${prefixOf(code)}`
  }

  /** A single address, however it was written. */
  isHost(slot: number): boolean {
    const code = this.codes[slot] ?? namedCode
    return code !== namedCode && prefixOf(code) === (familyOf(code) === 4 ? 32 : 128)
  }
}
