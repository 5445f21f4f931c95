import { base64Values } from './base64-values.ts'
import type { ForeignDecoder } from './foreign-decoder.ts'

const plus = 0x2b
const minus = 0x2d
const replacement = 0xfffd

/** UTF-7 (RFC 2152). The library's decoder takes two hundred milliseconds for 128 KiB of short runs, which would hold the event loop. */
export class Utf7Decoder implements ForeignDecoder {
  /** Behind a plus sign, up to the first octet that is no base64. */
  #isBase64 = false
  #isFirst = false
  #bits = 0
  #held = 0
  #out = Buffer.alloc(0)
  #length = 0

  decode(octets: Buffer, isLast: boolean): string {
    // One unit of UTF-16 for an octet, and for the plus sign before it.
    this.#out = Buffer.allocUnsafe(2 * octets.length + 4)
    this.#length = 0
    for (const octet of octets) this.#take(octet)
    if (isLast && this.#isFirst) this.#put(plus)
    return this.#out.toString('utf16le', 0, this.#length)
  }

  #take(octet: number): void {
    const value = this.#isBase64 ? (base64Values[octet] ?? -1) : -1
    if (value >= 0) this.#takeBase64(value)
    else if (this.#isBase64) this.#endBase64(octet)
    else if (octet === plus) {
      this.#isBase64 = true
      this.#isFirst = true
      this.#bits = 0
      this.#held = 0
    } else this.#put(octet < 0x80 ? octet : replacement)
  }

  #takeBase64(value: number): void {
    this.#isFirst = false
    this.#held = ((this.#held << 6) | value) & 0x3fffff
    this.#bits += 6
    if (this.#bits < 16) return
    this.#bits -= 16
    this.#put((this.#held >> this.#bits) & 0xffff)
  }

  /** A minus sign ends base64 and is no text, but `+-` is a plus sign. A plus sign that begins no base64 is one too. */
  #endBase64(octet: number): void {
    if (this.#isFirst) this.#put(plus)
    this.#isBase64 = false
    this.#isFirst = false
    if (octet !== minus) this.#take(octet)
  }

  #put(unit: number): void {
    this.#length = this.#out.writeUInt16LE(unit, this.#length)
  }
}
