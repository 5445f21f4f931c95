import { type DecodedText, decodeCharset, normalLabel } from '../body/charset.ts'

/** One encoded word found in a text (RFC 2047 section 2). */
export interface EncodedWord {
  /** Lower case, without the language suffix of RFC 2231 section 5. */
  readonly charset: string
  readonly encoding: 'b' | 'q'
  readonly payload: string
  /** Index after the closing '?='. */
  readonly end: number
}

/**
 * The encoded word that starts at `at`, or null.
 * Every search stops at the next '=?' at the latest, so trying at each of a text stays linear.
 */
export function encodedWordAt(text: string, at: number): EncodedWord | null {
  if (!text.startsWith('=?', at)) return null
  const charsetEnd = text.indexOf('?', at + 2)
  if (charsetEnd === -1 || charsetEnd === at + 2 || charsetEnd > at + 82) return null
  const encoding = text.charAt(charsetEnd + 1).toLowerCase()
  if ((encoding !== 'b' && encoding !== 'q') || text.charAt(charsetEnd + 2) !== '?') return null
  const payloadStart = charsetEnd + 3
  const payloadEnd = endOfPayload(text, payloadStart, encoding)
  if (payloadEnd === -1) return null
  const charset = text
    .slice(at + 2, charsetEnd)
    .replace(/\*.*$/s, '')
    .toLowerCase()
  if (/\s/.test(charset)) return null
  return { charset, encoding, payload: text.slice(payloadStart, payloadEnd), end: payloadEnd + 2 }
}

/** The position of the closing '?=', or -1. Senders leave question marks of the text as they are, against RFC 2047 section 4.2. */
function endOfPayload(text: string, start: number, encoding: 'b' | 'q'): number {
  let end = text.indexOf('?', start)
  while (end !== -1 && text.charAt(end + 1) !== '=') {
    if (encoding === 'b' || text.charAt(end - 1) === '=') return -1
    end = text.indexOf('?', end + 1)
  }
  return end
}

/** More than any line of text holds; words beyond stay as written. */
const maxWords = 10_000
const maxRuns = 1_000

/** How many runs of words of one charset may still be decoded, each with a decoder of its own; those beyond stay as written. */
export interface RunBudget {
  left: number
}

/**
 * Text with its encoded words decoded (RFC 2047). White space between two of them goes away, and neighbours of one charset
 * are joined as bytes first, because senders split characters between words. What is no encoded word stays as it is.
 */
export function decodeWords(text: string): string {
  return readWords(text).text
}

/** As `decodeWords`. `asWritten`: the text itself, when it is of printable ASCII and a word in it is of an unknown charset or not valid in its own. */
export function readWords(
  text: string,
  budget: RunBudget = { left: maxRuns },
): { readonly text: string; readonly asWritten?: string } {
  let at = text.indexOf('=?')
  if (at === -1) return { text }
  let isFaithful = true
  const decodeRun = (words: readonly EncodedWord[]): string => {
    const decoded = decodeJoined(words)
    isFaithful &&= !decoded.isEncodingProblem
    return decoded.text
  }
  let out = ''
  let copied = 0
  let run: EncodedWord[] = []
  let words = 0
  while (at !== -1 && words < maxWords && budget.left > 0) {
    const word = encodedWordAt(text, at)
    if (word === null) {
      at = text.indexOf('=?', at + 2)
      continue
    }
    const gap = text.slice(copied, at)
    if (run.length > 0 && /[^ \t\r\n]/.test(gap)) {
      out += decodeRun(run) + gap
      run = []
    } else if (run.length === 0) {
      out += gap
    } else if (!isJoined(run[0], word)) {
      out += decodeRun(run)
      run = []
    }
    if (run.length === 0) budget.left--
    words++
    run.push(word)
    copied = word.end
    at = text.indexOf('=?', word.end)
  }
  const read = { text: out + decodeRun(run) + text.slice(copied) }
  return isFaithful || !/^[\t\x20-\x7e]*$/.test(text) ? read : { ...read, asWritten: text }
}

/** Words of one charset, though its name is written in two ways. A word of UTF-7 begins in ASCII, wherever the one before ended. */
function isJoined(first: EncodedWord | undefined, word: EncodedWord): boolean {
  if (first === undefined) return false
  if (first.charset === word.charset && !word.charset.includes('7')) return true
  const charset = normalLabel(word.charset)
  return charset !== 'utf-7' && normalLabel(first.charset) === charset
}

function decodeJoined(run: readonly EncodedWord[]): DecodedText {
  if (run.length === 0) return { text: '', isEncodingProblem: false }
  const bytes = run.map((word) => wordBytes(word))
  const [only] = bytes
  const joined = only !== undefined && bytes.length === 1 ? only : Buffer.concat(bytes)
  const { text, isEncodingProblem } = decodeCharset(joined, run[0]?.charset)
  // A line break or NUL hidden in an encoded word must not reach a header or a protocol line.
  return { text: hasControl(text) ? text.replace(/[^\P{Cc}\t]/gu, '') : text, isEncodingProblem }
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || (code >= 0x7f && code < 0xa0)) return true
  }
  return false
}

function wordBytes(word: EncodedWord): Buffer {
  if (word.encoding === 'b') return Buffer.from(word.payload, 'base64')
  const raw = Buffer.from(word.payload, 'utf8')
  let length = 0
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0
    const hex = byte === 61 ? hexPair(raw[i + 1], raw[i + 2]) : -1
    if (hex >= 0) i += 2
    raw[length++] = hex >= 0 ? hex : byte === 95 ? 32 : byte // RFC 2047 section 4.2: '_' is a space
  }
  return raw.subarray(0, length)
}

/** Value of two hexadecimal digits, or -1. */
export function hexPair(high: number | undefined, low: number | undefined): number {
  const h = hexDigit(high)
  const l = hexDigit(low)
  return h < 0 || l < 0 ? -1 : h * 16 + l
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
