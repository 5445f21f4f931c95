import iconv from 'iconv-lite'

import { SevenBitDecoder, sevenBitCharsets } from './seven-bit-decoder.ts'
import { Utf7Decoder } from './utf7-decoder.ts'

/** Octets of a charset other than UTF-8, ASCII and windows-1252, in pieces. Nothing throws: what is invalid becomes U+FFFD. */
export interface ForeignDecoder {
  /** The text that is certain now; with `isLast` the rest of it too. */
  decode(octets: Buffer, isLast: boolean): string
}

// What TextDecoder decodes; asking it for anything else costs an exception each time.
const platform =
  /^(?:windows-(?:125\d|874)|iso-8859-(?:1[0-6]|[2-9]|8-[ei])|koi8?(?:-[ru])?|(?:ibm|cp)866|macintosh|x-mac-(?:cyrillic|ukrainian|roman)|gbk|gb_?2312(?:-80)?|gb18030|euc-jp|shift[_-]jis|(?:x-)?sjis|ms_kanji|windows-31j|utf-16(?:le|be)?|unicode|latin[2-6]|tis-620)$/

// Node's own lack half of the Hangul syllables (windows-949) and the characters of Hong Kong, against the Encoding Standard.
const labelsOfLibrary: readonly (readonly [label: RegExp, name: string])[] = [
  [/^(?:euc-kr|windows-949|ks_c_5601-198[79]|ksc_?5601)$/, 'cp949'],
  [/^big5(?:-hkscs)?$/, 'big5hkscs'],
]

// What iconv-lite decodes beyond that. It knows names that are no charsets too: base64, hex.
const library =
  /^(?:utf-32(?:le|be)?|(?:cp|ibm)0*(?:437|720|737|775|85[025-8]|86[0-5]|869|1125)|koi8-t|viscii|tcvn|armscii-?8|hp-?roman8|rk1048|pt154)$/

/** Null: nobody knows this charset. The label is one of `normalLabel`. */
export function foreignDecoder(charset: string): ForeignDecoder | null {
  const sevenBit = sevenBitCharsets.get(charset)
  if (sevenBit !== undefined) return new SevenBitDecoder(sevenBit)
  if (charset === 'utf-7') return new Utf7Decoder()
  const name = nameInLibrary(charset)
  if (name !== null) return new LibraryDecoder(name)
  const decoder = platformDecoder(charset)
  return decoder === null ? null : new PlatformDecoder(decoder)
}

/** The whole text at once, for the many short ones of a header: making a decoder takes longer than using it. Null: as of `foreignDecoder`. */
export function decodeForeign(charset: string, octets: Buffer): string | null {
  const kept = keptDecoders.get(charset)
  if (kept !== undefined) return kept.decode(octets)
  const decoder = platformDecoder(charset)
  if (decoder === null) return foreignDecoder(charset)?.decode(octets, true) ?? null
  keptDecoders.set(charset, decoder)
  return decoder.decode(octets)
}

/** By labels that `platform` lets through, which are some dozens. */
const keptDecoders = new Map<string, InstanceType<typeof TextDecoder>>()

function platformDecoder(charset: string): InstanceType<typeof TextDecoder> | null {
  if (!platform.test(charset)) return null
  try {
    return new TextDecoder(charset)
  } catch {
    return null
  }
}

function nameInLibrary(charset: string): string | null {
  if (library.test(charset)) return charset.replace(/^(?:cp|ibm)0*/, 'cp')
  return labelsOfLibrary.find(([label]) => label.test(charset))?.[1] ?? null
}

class LibraryDecoder implements ForeignDecoder {
  readonly #decoder: ReturnType<typeof iconv.getDecoder>

  constructor(name: string) {
    this.#decoder = iconv.getDecoder(name)
  }

  decode(octets: Buffer, isLast: boolean): string {
    const text = this.#decoder.write(octets)
    return isLast ? text + (this.#decoder.end() ?? '') : text
  }
}

const minPiece = 16

/** Node's decoders fail at pieces of one or two bytes, so small ones wait for more. */
class PlatformDecoder implements ForeignDecoder {
  readonly #decoder: InstanceType<typeof TextDecoder>
  #held = Buffer.alloc(0)

  constructor(decoder: InstanceType<typeof TextDecoder>) {
    this.#decoder = decoder
  }

  decode(octets: Buffer, isLast: boolean): string {
    const joined = this.#held.length === 0 ? octets : Buffer.concat([this.#held, octets])
    this.#held = Buffer.alloc(0)
    if (isLast || joined.length >= minPiece)
      return this.#decoder.decode(joined, { stream: !isLast })
    this.#held = Buffer.from(joined)
    return ''
  }
}
