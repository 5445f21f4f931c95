import { notJson } from './json-fault.ts'

const quote = 0x22
const backslash = 0x5c
/** It is made text in pieces of so many bytes. */
const pieceBytes = 32_768

/** Reads one string of JSON, from behind its opening quote to behind its closing one. */
export class StringReader {
  readonly #bytes: Buffer
  /** Up to where it is text already. */
  #start: number
  #at: number
  #hasEscape = false
  #isAscii = true
  /** A high surrogate whose other half comes with the next piece. */
  #held = ''
  text = ''
  isDone = false

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#start = start
    this.#at = start
  }

  /** Answers up to where it has read. @throws JsonError */
  readOn(until: number): number {
    const bytes = this.#bytes
    let at = this.#at
    while (at < until) {
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        this.#take(at)
        if (this.#held !== '') throw notJson()
        this.isDone = true
        return at + 1
      }
      if (byte < 0x20) throw notJson()
      // A piece never ends inside a character or an escape.
      if (at - this.#start >= pieceBytes && (byte & 0xc0) !== 0x80) this.#take(at)
      if (byte >= 0x80) this.#isAscii = false
      if (byte === backslash) {
        this.#hasEscape = true
        at += bytes[at + 1] === 0x75 ? 6 : 2
      } else at += 1
    }
    if (at > bytes.length) throw notJson()
    this.#at = at
    return at
  }

  #take(end: number): void {
    const { text, isWellFormed, held } = this.#decode(end)
    if (!isWellFormed) throw notJson()
    this.text += text
    this.#held = held
    this.#start = end
    this.#hasEscape = false
    this.#isAscii = true
  }

  #decode(end: number): { text: string; isWellFormed: boolean; held: string } {
    const raw = this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', this.#start, end)
    if (!this.#hasEscape && this.#held === '') return { text: raw, isWellFormed: true, held: '' }
    const text = this.#held + (this.#hasEscape ? unescaped(raw) : raw)
    const last = text.charCodeAt(text.length - 1)
    const isHalf = last >= 0xd800 && last <= 0xdbff
    const whole = isHalf ? text.slice(0, -1) : text
    return {
      text: whole,
      // An escape can make what UTF-8 cannot.
      isWellFormed: whole.isWellFormed(),
      held: isHalf ? text.slice(-1) : '',
    }
  }
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    throw notJson()
  }
}
