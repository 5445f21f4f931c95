const cr = 0x0d
const lf = 0x0a
const tab = 0x09
/** RFC 2045 section 6.7: what quoted-printable has, so that no line looks odd. */
const plainLine = 76

/** What of a body says how it is to be encoded. It reads pieces, wherever they end. */
export class BodyTraits {
  #bytes = 0
  #beyondAscii = 0
  #hasControl = false
  #hasOtherLineEnd = false
  #line = 0
  #longestLine = 0
  #last = 0

  add(piece: Buffer): void {
    this.#bytes += piece.length
    for (const byte of piece) {
      if (byte >= 0x80) this.#beyondAscii += 1
      if (byte === lf) this.#endLine()
      else this.#addToLine(byte)
      this.#last = byte
    }
  }

  get isAscii(): boolean {
    return this.#beyondAscii === 0
  }

  /** Short lines of ASCII: mail carries them as they are (RFC 2045 section 2.7). */
  get isPlain(): boolean {
    const longest = Math.max(this.#longestLine, this.#line)
    return this.isAscii && !this.#hasControl && this.hasCrlfOnly && longest <= plainLine
  }

  /** There is something, and no line end at its end. */
  get endsOpen(): boolean {
    return this.#bytes > 0 && this.#last !== lf
  }

  /** No CR and no LF but in CRLF. */
  get hasCrlfOnly(): boolean {
    return !this.#hasOtherLineEnd && this.#last !== cr
  }

  /** Quoted-printable makes three octets of one, base64 four of three. */
  get isMostlyAscii(): boolean {
    return this.#beyondAscii * 6 <= this.#bytes
  }

  #endLine(): void {
    if (this.#last !== cr) this.#hasOtherLineEnd = true
    this.#longestLine = Math.max(this.#longestLine, this.#line)
    this.#line = 0
  }

  #addToLine(byte: number): void {
    if (this.#last === cr) this.#hasOtherLineEnd = true
    if (byte === cr) return
    if (byte < 0x20 && byte !== tab) this.#hasControl = true
    this.#line += 1
  }
}
