import { grown } from '../stream/decision-batch.ts'

/** Slots by their end, the earliest on top: what is over is found without looking at the rest, and a moved end moves its slot. */
export class EndHeap {
  #ends: Float64Array
  #heap: Int32Array
  /** Where in the heap a slot is; -1: nowhere. */
  #places: Int32Array
  #size = 0

  constructor(capacity: number) {
    this.#ends = new Float64Array(capacity)
    this.#heap = new Int32Array(capacity)
    this.#places = new Int32Array(capacity).fill(-1)
  }

  endOf(slot: number): number {
    return this.#ends[slot] ?? 0
  }

  /** The slot that ends first, or -1. */
  get top(): number {
    return this.#size === 0 ? -1 : (this.#heap[0] ?? -1)
  }

  /** Takes a slot in, or moves its end. */
  set(slot: number, end: number): void {
    this.#ends[slot] = end
    let place = this.#places[slot] ?? -1
    if (place === -1) {
      place = this.#size
      this.#size += 1
    }
    this.#down(this.#up(place, slot), slot)
  }

  remove(slot: number): void {
    const place = this.#places[slot] ?? -1
    if (place === -1) return
    this.#places[slot] = -1
    this.#size -= 1
    const last = this.#heap[this.#size] ?? -1
    if (last !== slot) this.#down(this.#up(place, last), last)
  }

  grow(capacity: number): void {
    this.#ends = grown(this.#ends, new Float64Array(capacity))
    this.#heap = grown(this.#heap, new Int32Array(capacity))
    this.#places = grown(this.#places, new Int32Array(capacity).fill(-1))
  }

  /** Where the slot comes to lie, those above it that end later having moved down. */
  #up(from: number, slot: number): number {
    const end = this.endOf(slot)
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = this.#heap[parent] ?? -1
      if (this.endOf(above) <= end) break
      this.#put(above, place)
      place = parent
    }
    this.#put(slot, place)
    return place
  }

  #down(from: number, slot: number): void {
    const end = this.endOf(slot)
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#endAt(child + 1) < this.#endAt(child)) child += 1
      if (this.#endAt(child) >= end) break
      this.#put(this.#heap[child] ?? -1, place)
      place = child
    }
    this.#put(slot, place)
  }

  #endAt(place: number): number {
    return this.endOf(this.#heap[place] ?? -1)
  }
  #put(slot: number, place: number): void {
    this.#heap[place] = slot
    this.#places[slot] = place
  }
}
