import { isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'

import { decodeWindows1252 } from '../header/header-text.ts'
import { asciiLabels, latin1Labels, normalLabel, stripMark } from './charset.ts'
import { type ForeignDecoder, foreignDecoder } from './foreign-decoder.ts'

/**
 * `decodeCharset` for octets in pieces: all of them are looked at first, since a charset that is unlabelled or unknown is guessed from the whole, and
 * then decoded. Where the pieces end never matters.
 */
export class CharsetDecoder {
  readonly #charset: string
  readonly #foreign: ForeignDecoder | null
  readonly #utf8 = new StringDecoder('utf8')
  #tail = Buffer.alloc(0)
  #isUtf8 = true
  #isFirst = true
  #hasReplacement = false

  constructor(label: string | undefined) {
    this.#charset = normalLabel(label ?? '')
    const isOwn =
      this.#charset === 'utf-8' || asciiLabels.has(this.#charset) || latin1Labels.has(this.#charset)
    this.#foreign = isOwn ? null : foreignDecoder(this.#charset)
  }

  /** `cut`: what comes behind is left out, so that a character without its end is no fault of the sender. */
  look(octets: Buffer, end: 'no' | 'whole' | 'cut'): void {
    if (!this.#isUtf8 || this.#foreign !== null || latin1Labels.has(this.#charset)) return
    const joined = this.#tail.length === 0 ? octets : Buffer.concat([this.#tail, octets])
    const cut = end === 'whole' ? 0 : openBytes(joined)
    this.#isUtf8 = isUtf8(joined.subarray(0, joined.length - cut))
    this.#tail = Buffer.from(joined.subarray(joined.length - cut))
  }

  /** The text that is certain now. */
  decode(octets: Buffer, end: 'no' | 'whole' | 'cut'): string {
    const text = this.#text(octets, end)
    if (!this.#isFirst || text === '') return text
    this.#isFirst = false
    return this.#foreign === null && this.#readsUtf8() ? stripMark(text) : text
  }

  /** The charset is unknown, or the octets are not valid in it. Certain when all is decoded. */
  get isEncodingProblem(): boolean {
    if (this.#foreign !== null) return this.#hasReplacement
    if (latin1Labels.has(this.#charset)) return false
    const isNamed = this.#charset === 'utf-8' || asciiLabels.has(this.#charset)
    return !isNamed || !this.#isUtf8
  }

  #text(octets: Buffer, end: 'no' | 'whole' | 'cut'): string {
    if (this.#foreign !== null) return this.#foreignText(this.#foreign, octets, end)
    if (!this.#readsUtf8()) return decodeWindows1252(octets)
    const text = this.#utf8.write(octets)
    return end === 'whole' ? text + this.#utf8.end() : text
  }

  #foreignText(decoder: ForeignDecoder, octets: Buffer, end: 'no' | 'whole' | 'cut'): string {
    const text = decoder.decode(octets, end !== 'no')
    const kept = end === 'cut' ? withoutLastReplacements(text) : text
    this.#hasReplacement ||= kept.includes('\ufffd')
    return kept
  }

  #readsUtf8(): boolean {
    if (this.#charset === 'utf-8') return true
    return this.#isUtf8 && !latin1Labels.has(this.#charset)
  }
}

/** Not by a regular expression: one for the end of a text tries every run of them to its end. */
function withoutLastReplacements(text: string): string {
  let end = text.length
  while (end > 0 && text.charAt(end - 1) === '\ufffd') end--
  return text.slice(0, end)
}

/** Bytes at the end that begin a character of UTF-8 and do not end it. */
function openBytes(octets: Buffer): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const byte = octets[octets.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}
