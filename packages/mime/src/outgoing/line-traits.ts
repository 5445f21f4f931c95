import { isAscii } from 'node:buffer'

/** RFC 5322 section 2.1.1, without the line end. */
export const maxLineOctets = 998

const cr = 13
const lf = 10

/** What of a message not every mail server takes. */
export interface LineTraits {
  /** Octets beyond ASCII in the header, which only SMTPUTF8 carries (RFC 6531). */
  readonly hasUtf8Header: boolean
  /** Octets beyond ASCII behind it, for which a server needs 8BITMIME (RFC 6152). */
  readonly has8BitBody: boolean
  /** What no server need take: a line of more than 998 octets, or NUL (RFC 5322 section 2.1.1 and 4). */
  readonly hasUnsendable: boolean
}

/** Whether any line of it is longer than RFC 5322 section 2.1.1 allows. */
export function hasLongLine(bytes: Buffer): boolean {
  let start = 0
  while (bytes.length - start > maxLineOctets) {
    const at = bytes.indexOf(lf, start)
    const end = at === -1 ? bytes.length : at
    if (end - start - (bytes[end - 1] === cr && at !== -1 ? 1 : 0) > maxLineOctets) return true
    start = end + 1
  }
  return false
}

/** Reads a message a piece at a time, so that who reads 50 MB can let others in between. */
export class LineTraitsReader {
  #hasUtf8Header = false
  #has8BitBody = false
  #hasUnsendable = false
  #isInHeader = true
  /** Of the line that the last piece ended in, without a CR at its end. */
  #lineLength = 0
  #endsWithCr = false

  get traits(): LineTraits {
    return {
      hasUtf8Header: this.#hasUtf8Header,
      has8BitBody: this.#has8BitBody,
      hasUnsendable: this.#hasUnsendable,
    }
  }

  read(piece: Buffer): void {
    if (piece.includes(0)) this.#hasUnsendable = true
    const from = this.#isInHeader ? this.#readHeader(piece) : 0
    if (from === piece.length) return
    const body = piece.subarray(from)
    if (!this.#has8BitBody && !isAscii(body)) this.#has8BitBody = true
    if (!this.#hasUnsendable) this.#readLines(body)
  }

  /** Answers where the body begins. */
  #readHeader(piece: Buffer): number {
    let start = 0
    while (start < piece.length) {
      const at = piece.indexOf(lf, start)
      const end = at === -1 ? piece.length : at
      const line = piece.subarray(start, end)
      if (!this.#hasUtf8Header && !isAscii(line)) this.#hasUtf8Header = true
      this.#add(line)
      if (at === -1) return piece.length
      const isEmpty = this.#lineLength === 0
      this.#endLine()
      start = at + 1
      if (!isEmpty) continue
      this.#isInHeader = false
      return start
    }
    return start
  }

  #readLines(body: Buffer): void {
    let start = 0
    for (;;) {
      const at = body.indexOf(lf, start)
      if (at === -1) break
      this.#add(body.subarray(start, at))
      this.#endLine()
      start = at + 1
    }
    this.#add(body.subarray(start))
  }

  #add(part: Buffer): void {
    if (part.length === 0) return
    const endsWithCr = part.at(-1) === cr
    // A CR that turned out to be none of a line end counts.
    this.#lineLength += part.length + (this.#endsWithCr ? 1 : 0) - (endsWithCr ? 1 : 0)
    this.#endsWithCr = endsWithCr
    if (this.#lineLength > maxLineOctets) this.#hasUnsendable = true
  }

  #endLine(): void {
    this.#lineLength = 0
    this.#endsWithCr = false
  }
}
