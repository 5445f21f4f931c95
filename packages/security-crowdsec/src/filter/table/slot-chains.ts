import type { Words } from '../stream/address-words.ts'

const none = -1

/** Slots by a hash, in chains: two columns of integers, and deleting leaves no holes. What a slot holds is the caller's. */
export class SlotChains {
  readonly #hashOf: (slot: number) => number
  #heads: Int32Array
  #next: Int32Array

  constructor(hashOf: (slot: number) => number, capacity: number) {
    this.#hashOf = hashOf
    this.#heads = new Int32Array(capacity).fill(none)
    this.#next = new Int32Array(capacity).fill(none)
  }

  /** The first slot that may have this hash, or -1. */
  first(hash: number): number {
    return this.#heads[hash & (this.#heads.length - 1)] ?? none
  }
  next(slot: number): number {
    return this.#next[slot] ?? none
  }

  add(slot: number): void {
    const at = this.#hashOf(slot) & (this.#heads.length - 1)
    this.#next[slot] = this.#heads[at] ?? none
    this.#heads[at] = slot
  }

  remove(slot: number): void {
    const at = this.#hashOf(slot) & (this.#heads.length - 1)
    let before = none
    let here = this.#heads[at] ?? none
    while (here !== slot && here !== none) {
      before = here
      here = this.next(here)
    }
    if (here === none) return
    if (before === none) this.#heads[at] = this.next(slot)
    else this.#next[before] = this.next(slot)
    this.#next[slot] = none
  }

  /** Room for so many slots, a power of two; those below `end` that `isIn` says are taken along. */
  grow(capacity: number, end: number, isIn: (slot: number) => boolean): void {
    this.#heads = new Int32Array(capacity).fill(none)
    this.#next = new Int32Array(capacity).fill(none)
    for (let slot = 0; slot < end; slot += 1) if (isIn(slot)) this.add(slot)
  }
}

/** Spreads the bits of four words and a length over 32. */
export function hashWords({ w0, w1, w2, w3 }: Readonly<Words>, code: number): number {
  let hash = Math.imul(w3 ^ Math.imul(code, 0x27d4eb2d), 0x9e3779b1)
  if ((w0 | w1 | w2) !== 0) {
    hash = Math.imul(hash ^ w2 ^ (hash >>> 15), 0x85ebca6b)
    hash = Math.imul(hash ^ w1 ^ (hash >>> 13), 0xc2b2ae35)
    hash = Math.imul(hash ^ w0 ^ (hash >>> 16), 0x27d4eb2f)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}

export function hashId(id: number): number {
  const hash = Math.imul((id | 0) ^ (Math.floor(id / 0x1_0000_0000) | 0), 0x9e3779b1)
  return hash ^ (hash >>> 15)
}
