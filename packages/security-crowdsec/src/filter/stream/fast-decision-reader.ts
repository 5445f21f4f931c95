import { wordMask } from './address-words.ts'
import { ByteStrings, type ByteRange } from './byte-strings.ts'
import { originOf } from './lapi-decision.ts'

const quote = 0x22
const comma = 0x2c
const dot = 0x2e
const slash = 0x2f
const zero = 0x30
const nine = 0x39
const colon = 0x3a
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const unitMs: Readonly<Partial<Record<number, number>>> = {
  0x68: 3_600_000,
  0x6d: 60_000,
  0x73: 1000,
}
const maxTextLength = 256
const maxDigits = 9
const maxKeys = 32

/**
 * Reads what nearly every decision of a long list is: a flat object in ASCII without escapes, an IPv4 address or network in its plain spelling,
 * a duration in hours, minutes and seconds. Four times as fast as JSON.parse and reading its object. Anything else it leaves to that.
 */
export class FastDecisionReader {
  id = 0
  type = ''
  scenario = ''
  origin = ''
  remainingMs = 0
  /** IPv4, its host bits cleared, as a signed number. */
  word = 0
  prefix = 0
  readonly #strings = new ByteStrings()
  /** Keys of the object before, in their order: the next one has the same. */
  #layout: string[] = []
  readonly #last = { scope: '', type: '', scenario: '', origin: '' }
  #isAddress = false
  readonly #range = { from: 0, end: 0, hash: 0 }
  #seen = 0

  /** The index behind the object that begins at `from`, its fields being ours then; -1 when it is not of that kind, or not all here. */
  read(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== openBrace) return -1
    this.#seen = 0
    this.scenario = ''
    this.origin = ''
    let at = from + 1
    for (let index = 0; ; index += 1) {
      const key = this.#key(bytes, at, index)
      if (key === undefined) return -1
      at += key.length + 2
      if (bytes[at] !== colon) return -1
      at = this.#value(key, bytes, at + 1)
      if (at === -1) return -1
      if (bytes[at] === closeBrace) return this.#isWhole() ? at + 1 : -1
      if (bytes[at] !== comma) return -1
      at += 1
    }
  }

  /** The index behind the value, or -1. */
  #value(key: string, bytes: Uint8Array, from: number): number {
    if (key === 'id') return this.#identifier(bytes, from)
    if (!this.#string(bytes, from)) return -1
    const { end } = this.#range
    switch (key) {
      case 'duration':
        this.#seen |= 2
        return this.#duration(bytes, this.#range) ? end + 1 : -1
      case 'value':
        this.#seen |= 4
        return this.#network(bytes, this.#range) ? end + 1 : -1
      case 'scope':
        this.#seen |= 8
        this.#readScope(bytes)
        return end + 1
      case 'type':
        this.#seen |= 16
        this.#readType(bytes)
        return end + 1
      case 'scenario':
        this.scenario = this.#last.scenario = this.#text(bytes, this.#last.scenario)
        return end + 1
      case 'origin':
        this.origin = this.#last.origin = this.#text(bytes, this.#last.origin)
        return end + 1
      default:
        return end + 1
    }
  }

  #isWhole(): boolean {
    this.origin = originOf(this.origin, this.scenario)
    return this.#seen === 31 && this.#isAddress
  }

  #readScope(bytes: Uint8Array): void {
    const scope = this.#text(bytes, this.#last.scope)
    if (scope !== this.#last.scope) this.#isAddress = /^(?:ip|range)$/i.test(scope)
    this.#last.scope = scope
  }

  #readType(bytes: Uint8Array): void {
    const type = this.#text(bytes, this.#last.type)
    this.type = type.toLowerCase()
    this.#last.type = type
  }

  /** The plain key that begins with the quote at `from`. */
  #key(bytes: Uint8Array, from: number, index: number): string | undefined {
    const expected = this.#layout[index]
    if (expected !== undefined && isQuoted(expected, bytes, from)) return expected
    if (index > maxKeys || !this.#string(bytes, from)) return undefined
    return (this.#layout[index] = this.#strings.of(bytes, this.#range))
  }

  /** What stands in the range; mostly the same as in the object before. */
  #text(bytes: Uint8Array, last: string): string {
    const { from, end } = this.#range
    if (last.length === end - from && isQuoted(last, bytes, from - 1)) return last
    return this.#strings.of(bytes, this.#range)
  }

  /** Sets the range to what stands between the quotes, if it is plain. */
  #string(bytes: Uint8Array, from: number): boolean {
    if (bytes[from] !== quote) return false
    let hash = 0
    for (let at = from + 1; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        this.#range.from = from + 1
        this.#range.end = at
        this.#range.hash = hash
        return at - from <= maxTextLength
      }
      if (byte === backslash || byte >= 0x7f || byte < 0x20) return false
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    return false
  }

  #identifier(bytes: Uint8Array, from: number): number {
    let at = from
    this.id = 0
    for (; isDigit(bytes[at]); at += 1) this.id = this.id * 10 + ((bytes[at] ?? 0) - zero)
    this.#seen |= 1
    const hasLeadingZero = bytes[from] === zero && at > from + 1
    return at === from || hasLeadingZero || !Number.isSafeInteger(this.id) ? -1 : at
  }

  #duration(bytes: Uint8Array, { from, end }: ByteRange): boolean {
    let total = 0
    let amount = 0
    let digits = 0
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] ?? 0
      if (isDigit(byte)) {
        amount = amount * 10 + byte - zero
        digits += 1
        if (digits > maxDigits) return false
      } else {
        const unit = unitMs[byte]
        // `ms` is two letters: the second finds no digits before it.
        if (unit === undefined || digits === 0) return false
        total += amount * unit
        amount = 0
        digits = 0
      }
    }
    this.remainingMs = total
    return digits === 0 && end > from
  }

  #network(bytes: Uint8Array, { from, end }: ByteRange): boolean {
    let word = 0
    let octet = -1
    let dots = 0
    let at = from
    for (; at < end && bytes[at] !== slash; at += 1) {
      const byte = bytes[at] ?? 0
      if (byte === dot) {
        if (octet === -1 || dots === 3) return false
        word = (word << 8) | octet
        dots += 1
        octet = -1
      } else {
        if (!isDigit(byte) || octet === 0) return false
        octet = (octet === -1 ? 0 : octet * 10) + byte - zero
        if (octet > 255) return false
      }
    }
    if (dots !== 3 || octet === -1) return false
    this.prefix = at === end ? 32 : prefixIn(bytes, at + 1, end)
    this.word = ((word << 8) | octet) & wordMask(this.prefix, 3)
    return this.prefix !== -1
  }
}

/** Whether the text, in quotes, stands at `from`. */
function isQuoted(text: string, bytes: Uint8Array, from: number): boolean {
  const { length } = text
  if (bytes[from] !== quote || bytes[from + length + 1] !== quote) return false
  for (let at = 0; at < length; at += 1)
    if (text.charCodeAt(at) !== bytes[from + 1 + at]) return false
  return true
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine
}

/** 0 to 32, or -1. */
function prefixIn(bytes: Uint8Array, from: number, end: number): number {
  let prefix = end === from || end > from + 2 ? 99 : 0
  for (let at = from; at < end; at += 1) {
    if (!isDigit(bytes[at])) return -1
    prefix = prefix * 10 + (bytes[at] ?? 0) - zero
  }
  return prefix > 32 ? -1 : prefix
}
