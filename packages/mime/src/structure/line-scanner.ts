import { addToHash, OpenBoundaries } from './open-boundaries.ts'

/** A boundary line found (RFC 2046 section 5.1.1). */
export interface Delimiter {
  /** Which of the open multiparts it belongs to; 0 is the outermost. */
  readonly level: number
  readonly isClose: boolean
}

const lf = 10
const cr = 13
const dash = 45

/**
 * Walks a message line by line, forward only, and knows the boundaries of all open multiparts.
 * Each byte is seen once, the first ones of lines that begin with '--' twice, whatever the number of open boundaries.
 */
export class LineScanner {
  readonly bytes: Buffer
  /** Always the start of a line. */
  pos = 0
  /** Lines before `pos`; a last line without line end counts. */
  line = 0
  /** The boundary line at `pos`; null at the end of the message. */
  found: Delimiter | null = null
  #lineBefore = 0
  /** Bytes looked at, for tests: what it costs grows with the message and with nothing else. */
  steps = 0
  readonly #open = new OpenBoundaries()

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.pos >= this.bytes.length
  }

  /** Opens a multipart; an inner one hides an outer one of the same boundary. Gives its level. */
  push(boundary: string): number {
    return this.#open.push(boundary)
  }

  pop(): void {
    this.#open.pop()
  }

  nextLine(): void {
    const bytes = this.bytes
    const end = bytes.length
    let pos = this.pos
    this.#lineBefore = pos
    while (pos < end && bytes[pos] !== lf) pos++
    this.pos = pos < end ? pos + 1 : end
    this.steps += this.pos - this.#lineBefore
    this.line++
  }

  /** Goes to the end, whatever boundary lines there are on the way. */
  toEnd(): void {
    this.found = null
    while (this.pos < this.bytes.length) this.nextLine()
  }

  /** Goes to the next boundary line or the end, and sets `found`. */
  toDelimiter(): void {
    while (this.pos < this.bytes.length) {
      if (this.isAtDelimiter()) return
      this.nextLine()
    }
    this.found = null
  }

  /** Whether `pos` is at a boundary line of an open multipart; sets `found`. */
  isAtDelimiter(): boolean {
    const { bytes, pos } = this
    if (bytes[pos] !== dash || bytes[pos + 1] !== dash || !this.#open.mayBeginWith(bytes[pos + 2]))
      return false
    this.found = this.#delimiterAt(pos + 2)
    return this.found !== null
  }

  /** End of what began at `start` and ends before `pos`: the line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1). */
  contentEnd(start: number): number {
    const { bytes, pos } = this
    if (this.found === null) return pos
    let end = pos
    if (end > start && bytes[end - 1] === lf) end--
    if (end < pos && end > start && bytes[end - 1] === cr) end--
    return end
  }

  /** Lines of a body that began at `start`, line `firstLine`, and ends at `end`, before the boundary at `pos`. */
  linesOf(start: number, firstLine: number, end: number): number {
    if (end <= start) return 0
    // The line before the boundary was only its line end.
    const isLastEmpty = this.found !== null && end === this.#lineBefore
    return this.line - firstLine - (isLastEmpty ? 1 : 0)
  }

  /** A boundary is what the line begins with, whatever comes behind; of several the longest (RFC 2046 section 5.1.1). */
  #delimiterAt(start: number): Delimiter | null {
    const { bytes } = this
    const limit = Math.min(bytes.length, start + this.#open.longest)
    let hash = 0
    let level = -1
    let end = start
    let at = start
    while (at < limit) {
      const byte = bytes[at++] ?? lf
      if (byte === lf) break
      hash = addToHash(hash, byte)
      if (!this.#open.hasLength(at - start)) continue
      const found = this.#open.levelOf(hash, bytes, start, at)
      if (found === -1) continue
      level = found
      end = at
    }
    this.steps += at - start
    return level === -1 ? null : { level, isClose: bytes[end] === dash && bytes[end + 1] === dash }
  }
}
