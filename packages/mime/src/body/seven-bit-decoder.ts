import type { ForeignDecoder } from './foreign-decoder.ts'

/** What the octets between two shifts mean. */
type Mode = 'ascii' | 'roman' | 'katakana' | 'double' | 'supplement'

interface SevenBitCharset {
  /** Of the charset that has the same characters as octets with the eighth bit. */
  readonly twin: InstanceType<typeof TextDecoder>
  readonly shifts: ReadonlyMap<string, Mode | 'same' | '~'>
  /** A line that was left in another mode ends in ASCII. */
  readonly endsWithLine: boolean
}

/** RFC 1468, with the half-width katakana of CP50221 and the supplement of RFC 2237. */
const iso2022Jp: SevenBitCharset = {
  twin: new TextDecoder('euc-jp'),
  shifts: new Map([
    ['\x1b(B', 'ascii'],
    ['\x1b(J', 'roman'],
    ['\x1b(I', 'katakana'],
    ['\x1b$@', 'double'],
    ['\x1b$B', 'double'],
    ['\x1b$(@', 'double'],
    ['\x1b$(B', 'double'],
    ['\x1b$(D', 'supplement'],
    // JIS X 0208-1990 announces itself before its own escape.
    ['\x1b&@', 'same'],
  ]),
  endsWithLine: false,
}

/** RFC 1557. */
const iso2022Kr: SevenBitCharset = {
  twin: new TextDecoder('euc-kr'),
  shifts: new Map([
    ['\x1b$)C', 'same'],
    ['\x0e', 'double'],
    ['\x0f', 'ascii'],
  ]),
  endsWithLine: true,
}

/** RFC 1843. */
const hz: SevenBitCharset = {
  twin: new TextDecoder('gbk'),
  shifts: new Map([
    ['~{', 'double'],
    ['~}', 'ascii'],
    ['~~', '~'],
    ['~\n', 'same'],
  ]),
  endsWithLine: true,
}

export const sevenBitCharsets: ReadonlyMap<string, SevenBitCharset> = new Map([
  ['iso-2022-jp', iso2022Jp],
  ['iso-2022-kr', iso2022Kr],
  ['hz-gb-2312', hz],
])

const lf = 0x0a
const escape = 0x1b
const tilde = 0x7e
/** No character of the eight-bit charsets: it becomes U+FFFD. */
const invalid = 0xff
/** Of a letter of JIS-Roman that ASCII lacks, on its way through EUC-JP: these two shift nothing there, and are no text. */
const yenMark = 0x0e
const overlineMark = 0x0f

/**
 * Charsets that shift between ASCII and characters of two octets. The octets are written as those of the eight-bit charset with the same characters, which
 * TextDecoder reads. Its own decoder of iso-2022-jp takes two escapes without text between them for an error (so the Encoding Standard has it), and they
 * are what adjacent encoded words give; it has none for the others.
 */
export class SevenBitDecoder implements ForeignDecoder {
  readonly #charset: SevenBitCharset
  #mode: Mode = 'ascii'
  /** The start of a shift. */
  #shift = ''
  /** The first octet of a character; 0: none. */
  #lead = 0
  #out = Buffer.alloc(0)
  #length = 0

  constructor(charset: SevenBitCharset) {
    this.#charset = charset
  }

  decode(octets: Buffer, isLast: boolean): string {
    // An octet becomes three at most, and what was held is four.
    this.#out = Buffer.allocUnsafe(3 * octets.length + 16)
    this.#length = 0
    for (const octet of octets) this.#take(octet)
    if (isLast) {
      this.#endShift()
      this.#endCharacter()
    }
    const text = this.#charset.twin.decode(this.#out.subarray(0, this.#length))
    return this.#charset === iso2022Jp ? romanLetters(text) : text
  }

  #take(octet: number): void {
    if (this.#shift !== '' || this.#mayShift(octet)) this.#takeShift(octet)
    else this.#takeText(octet)
  }

  #mayShift(octet: number): boolean {
    if (this.#charset === hz) return octet === tilde && this.#lead === 0
    return octet === escape || octet === yenMark || octet === overlineMark
  }

  #mayBecomeShift(text: string): boolean {
    for (const shift of this.#charset.shifts.keys()) if (shift.startsWith(text)) return true
    return false
  }

  #takeShift(octet: number): void {
    const shift = this.#shift + String.fromCharCode(octet)
    const meaning = this.#charset.shifts.get(shift)
    if (meaning !== undefined) {
      this.#shift = ''
      this.#endCharacter()
      if (meaning === '~') this.#put(tilde)
      else if (meaning !== 'same') this.#mode = meaning
    } else if (this.#mayBecomeShift(shift)) this.#shift = shift
    else if (this.#shift === '') this.#put(invalid)
    else {
      this.#endShift()
      this.#take(octet)
    }
  }

  /** What was held is no shift: the octet that begins it is wrong, the others are text. */
  #endShift(): void {
    const held = this.#shift
    this.#shift = ''
    if (held === '') return
    this.#put(invalid)
    for (const c of held.slice(1)) this.#takeText(c.charCodeAt(0))
  }

  #takeText(octet: number): void {
    if (octet === lf && this.#charset.endsWithLine) {
      this.#endCharacter()
      this.#mode = 'ascii'
    }
    const isCharacter = octet > 0x20 && octet < 0x7f
    if (octet >= 0x80) {
      this.#endCharacter()
      this.#put(invalid)
    } else if (!isCharacter || this.#mode === 'ascii') {
      this.#endCharacter()
      this.#put(octet)
    } else if (this.#mode === 'roman') this.#put(romanOctet(octet))
    else if (this.#mode === 'katakana') this.#putKatakana(octet)
    else if (this.#lead === 0) this.#lead = octet
    else {
      if (this.#mode === 'supplement') this.#put(0x8f)
      this.#put(this.#lead | 0x80)
      this.#put(octet | 0x80)
      this.#lead = 0
    }
  }

  #putKatakana(octet: number): void {
    if (octet <= 0x5f) this.#put(0x8e)
    this.#put(octet <= 0x5f ? octet | 0x80 : invalid)
  }

  #endCharacter(): void {
    if (this.#lead !== 0) this.#put(invalid)
    this.#lead = 0
  }

  #put(octet: number): void {
    this.#out[this.#length++] = octet
  }
}

function romanOctet(octet: number): number {
  if (octet === 0x5c) return yenMark
  return octet === tilde ? overlineMark : octet
}

function romanLetters(text: string): string {
  return text.replace(/[\x0e\x0f]/g, (mark) => (mark === '\x0e' ? '\u00a5' : '\u203e'))
}
