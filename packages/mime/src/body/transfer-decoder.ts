import { hexPair } from '../header/encoded-words.ts'
import { base64Values } from './base64-values.ts'

/** Undoes a Content-Transfer-Encoding (RFC 2045 section 6) a piece at a time: where the pieces end never matters. */
export interface TransferDecoder {
  /** The octets that are certain now. */
  write(raw: Buffer): Buffer
  /** The rest. */
  end(): Buffer
}

/** For anything but base64 and quoted-printable the octets are as they stand: the same memory, no copy. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder()
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder()
  return { write: (raw) => raw, end: () => Buffer.alloc(0) }
}

/** Foreign characters are skipped (RFC 2045 section 6.8); base64 texts set one after another, each with its padding, are all read. */
class Base64Decoder implements TransferDecoder {
  #bits = 0
  #held = 0

  write(raw: Buffer): Buffer {
    const out = Buffer.allocUnsafe(Math.ceil((raw.length * 3) / 4) + 1)
    let length = 0
    let bits = this.#bits
    let held = this.#held
    for (let i = 0; i < raw.length; i++) {
      const byte = raw[i] ?? 0
      const value = base64Values[byte] ?? -1
      if (value >= 0) {
        held = ((held << 6) | value) & 0xffffff
        bits += 6
        if (bits >= 8) {
          bits -= 8
          out[length++] = (held >> bits) & 0xff
        }
      } else if (byte === equals) bits = 0
    }
    this.#bits = bits
    this.#held = held
    return out.subarray(0, length)
  }

  end(): Buffer {
    return Buffer.alloc(0)
  }
}

const tab = 9
const lf = 10
const cr = 13
const space = 32
const equals = 61

/** White space that may be transport padding is held back up to here: a line of RFC 2045 section 6.7 has 76 characters. */
const maxHeld = 4096

/** RFC 2045 section 6.7; what is not an escape stays as written. */
class QuotedPrintableDecoder implements TransferDecoder {
  #out = Buffer.alloc(0)
  #length = 0
  /** White space at the end of what came so far: padding if the line ends here. */
  readonly #blanks = Buffer.alloc(maxHeld)
  #blankCount = 0
  /** After `=` (and the blanks behind it), after `=` and a hexadecimal digit, or after CR. */
  #state: 'text' | 'equals' | 'hex' | 'cr' = 'text'
  #isBehindEquals = false
  #digit = 0

  write(raw: Buffer): Buffer {
    // What is held back comes out with it at most.
    this.#out = Buffer.allocUnsafe(raw.length + maxHeld + 8)
    this.#length = 0
    let at = 0
    while (at < raw.length) {
      if (this.#state === 'text' && this.#blankCount === 0) at = this.#copyPlain(raw, at)
      if (at < raw.length) this.#take(raw[at++] ?? 0)
    }
    return this.#out.subarray(0, this.#length)
  }

  end(): Buffer {
    this.#out = Buffer.allocUnsafe(maxHeld + 8)
    this.#length = 0
    if (this.#state === 'cr') this.#endCr()
    // `=` at the very end is a soft line break, with the blanks behind it.
    else if (this.#state === 'equals') this.#blankCount = 0
    else if (this.#state === 'hex') this.#literalEquals()
    this.#state = 'text'
    this.#flushBlanks()
    return this.#out.subarray(0, this.#length)
  }

  /** What most bytes are. Answers the index of the first that is not. */
  #copyPlain(raw: Buffer, from: number): number {
    const out = this.#out
    let length = this.#length
    let at = from
    for (; at < raw.length; at++) {
      const byte = raw[at] ?? 0
      if (byte <= space || byte === equals) break
      out[length++] = byte
    }
    this.#length = length
    return at
  }

  #take(byte: number): void {
    switch (this.#state) {
      case 'text':
        this.#takeText(byte)
        return
      case 'equals':
        this.#takeBehindEquals(byte)
        return
      case 'hex':
        this.#takeSecondDigit(byte)
        return
      case 'cr':
        if (byte === lf) this.#endLine(true)
        else {
          this.#endCr()
          this.#take(byte)
        }
    }
  }

  #takeText(byte: number): void {
    if (byte === equals) {
      this.#flushBlanks()
      this.#state = 'equals'
      this.#isBehindEquals = true
    } else if (byte === lf) this.#endLine(false)
    else if (byte === cr) {
      this.#state = 'cr'
      this.#isBehindEquals = false
    } else if (byte === space || byte === tab) this.#holdBlank(byte)
    else {
      this.#flushBlanks()
      this.#out[this.#length++] = byte
    }
  }

  #takeBehindEquals(byte: number): void {
    if (byte === lf) this.#endSoftLine()
    else if (byte === cr) this.#state = 'cr'
    else if (byte === space || byte === tab) {
      if (this.#blankCount < maxHeld) this.#holdBlank(byte)
      else {
        this.#literalEquals()
        this.#takeText(byte)
      }
    } else if (this.#blankCount === 0 && isHexDigit(byte)) {
      this.#digit = byte
      this.#state = 'hex'
    } else {
      this.#literalEquals()
      this.#takeText(byte)
    }
  }

  #takeSecondDigit(byte: number): void {
    const value = hexPair(this.#digit, byte)
    if (value >= 0) {
      this.#out[this.#length++] = value
      this.#state = 'text'
      return
    }
    this.#literalEquals()
    this.#take(byte)
  }

  /** The `=` that was held is none of an escape: it, and what came behind it, stands for itself. */
  #literalEquals(): void {
    this.#out[this.#length++] = equals
    if (this.#state === 'hex') this.#out[this.#length++] = this.#digit
    this.#state = 'text'
    this.#isBehindEquals = false
  }

  /** A CR that ends no line is content. */
  #endCr(): void {
    if (this.#isBehindEquals) this.#literalEquals()
    this.#flushBlanks()
    this.#out[this.#length++] = cr
    this.#state = 'text'
    this.#isBehindEquals = false
  }

  #endLine(hasCr: boolean): void {
    if (this.#isBehindEquals && this.#state === 'cr') {
      this.#endSoftLine()
      return
    }
    this.#blankCount = 0
    if (hasCr) this.#out[this.#length++] = cr
    this.#out[this.#length++] = lf
    this.#state = 'text'
  }

  #endSoftLine(): void {
    this.#blankCount = 0
    this.#state = 'text'
    this.#isBehindEquals = false
  }

  #holdBlank(byte: number): void {
    if (this.#blankCount === maxHeld) this.#flushBlanks()
    this.#blanks[this.#blankCount++] = byte
  }

  #flushBlanks(): void {
    if (this.#blankCount === 0) return
    this.#blanks.copy(this.#out, this.#length, 0, this.#blankCount)
    this.#length += this.#blankCount
    this.#blankCount = 0
  }
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 32
  return (byte >= 48 && byte <= 57) || (lower >= 97 && lower <= 102)
}
