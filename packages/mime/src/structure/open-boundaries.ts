interface Open {
  readonly bytes: Buffer
  readonly hash: number
  readonly level: number
}

/** Of a line, byte by byte. */
export function addToHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte + 1) | 0
}

/** The boundaries of the multiparts that are open, to be found by the bytes of a line: without a string for each, however many lines look like one. */
export class OpenBoundaries {
  readonly #open: Open[] = []
  readonly #byHash = new Map<number, Open[]>()
  /** How many begin with each byte. */
  readonly #first = new Uint16Array(256)
  /** How many are of each length. */
  readonly #lengths = new Map<number, number>()
  #longest = 0

  get longest(): number {
    return this.#longest
  }

  hasLength(length: number): boolean {
    return this.#lengths.has(length)
  }

  mayBeginWith(byte: number | undefined): boolean {
    return byte !== undefined && this.#first[byte] !== 0
  }

  /** Gives its level. The boundary has one character for each byte. */
  push(boundary: string): number {
    const bytes = Buffer.from(boundary, 'latin1')
    const hash = bytes.reduce(addToHash, 0)
    const open = { bytes, hash, level: this.#open.length }
    this.#count(bytes, 1)
    this.#longest = Math.max(this.#longest, bytes.length)
    const alike = this.#byHash.get(hash)
    if (alike === undefined) this.#byHash.set(hash, [open])
    else alike.push(open)
    return this.#open.push(open) - 1
  }

  pop(): void {
    const open = this.#open.pop()
    if (open === undefined) return
    this.#count(open.bytes, -1)
    const alike = this.#byHash.get(open.hash)
    // The one that was opened last is the last of its like.
    alike?.pop()
    if (alike?.length === 0) this.#byHash.delete(open.hash)
  }

  /**
   * Of the innermost that is these bytes; -1: none is. Of several with one hash only the innermost is compared: in honest mail there are none, and who
   * makes them would have each line compared with all.
   */
  levelOf(hash: number, bytes: Buffer, start: number, end: number): number {
    const open = this.#byHash.get(hash)?.at(-1)
    if (open?.bytes.length !== end - start) return -1
    return open.bytes.compare(bytes, start, end) === 0 ? open.level : -1
  }

  #count(boundary: Buffer, change: 1 | -1): void {
    const first = boundary[0] ?? 0
    this.#first[first] = (this.#first[first] ?? 0) + change
    const ofLength = (this.#lengths.get(boundary.length) ?? 0) + change
    if (ofLength === 0) this.#lengths.delete(boundary.length)
    else this.#lengths.set(boundary.length, ofLength)
  }
}
