/** A boundary line found (RFC 2046 section 5.1.1). */
export interface Delimiter {
  /** Which of the open multiparts it belongs to; 0 is the outermost. */
  readonly level: number
  readonly isClose: boolean
}

const lf = 10
const cr = 13

/**
 * Walks a message line by line, forward only, and knows the boundaries of all open multiparts.
 * Each byte is seen once, those of lines that begin with '--' twice, whatever the number of open boundaries.
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
  readonly #open: string[] = []
  readonly #levels = new Map<string, number>()
  #longest = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.pos >= this.bytes.length
  }

  /** Opens a multipart; an inner one hides an outer one of the same boundary. Gives its level. */
  push(boundary: string): number {
    this.#levels.set(boundary, this.#open.length)
    this.#longest = Math.max(this.#longest, boundary.length)
    return this.#open.push(boundary) - 1
  }

  pop(): void {
    const boundary = this.#open.pop()
    if (boundary === undefined) return
    const outer = this.#open.lastIndexOf(boundary)
    if (outer === -1) this.#levels.delete(boundary)
    else this.#levels.set(boundary, outer)
  }

  nextLine(): void {
    const bytes = this.bytes
    const end = bytes.length
    let pos = this.pos
    this.#lineBefore = pos
    while (pos < end && bytes[pos] !== lf) pos++
    this.pos = pos < end ? pos + 1 : end
    this.line++
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
    if (bytes[pos] !== 45 || bytes[pos + 1] !== 45 || this.#open.length === 0) return false
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

  #delimiterAt(start: number): Delimiter | null {
    const bytes = this.bytes
    const limit = start + this.#longest + 2
    let end = start
    // The trimmed line, if it is short enough to be a boundary at all.
    for (let at = start; at < bytes.length && bytes[at] !== lf; at++) {
      if (isPadding(bytes[at])) continue
      if (at >= limit) return null
      end = at + 1
    }
    const text = bytes.toString('latin1', start, end)
    const level = this.#levels.get(text)
    if (level !== undefined) return { level, isClose: false }
    if (!text.endsWith('--')) return null
    const closed = this.#levels.get(text.slice(0, -2))
    return closed === undefined ? null : { level: closed, isClose: true }
  }
}

function isPadding(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === cr
}
