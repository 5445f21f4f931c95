import { headerSlice, unfold } from '../header/header-text.ts'

/** The fields the index is made of. */
const wanted: ReadonlySet<string> = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'date',
  'subject',
  'message-id',
  'in-reply-to',
  'references',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
  'content-description',
  'content-md5',
  'content-language',
  'content-location',
])

/** First letters and lengths of the wanted names: most other fields are told apart without making a string. */
const mayBeWanted: Uint8Array = nameFilter()

function nameFilter(): Uint8Array {
  const filter = new Uint8Array(32 * 32)
  for (const name of wanted) filter[(name.charCodeAt(0) & 31) * 32 + name.length] = 1
  return filter
}

interface Slot {
  readonly firstStart: number
  readonly firstEnd: number
  lastStart: number
  lastEnd: number
  /** Of those before the last: start and end. */
  readonly earlier: (readonly [start: number, end: number])[]
}

/** The fields of which all are kept. */
const repeatable: ReadonlySet<string> = new Set(['to', 'cc', 'bcc'])

/** Where the wanted fields of one header are: the first and the last of each name, and all of To, Cc and Bcc. Values become strings when asked for. */
export class HeaderSlots {
  readonly #bytes: Buffer
  readonly #slots = new Map<string, Slot>()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Notes a field whose name is at [start, nameEnd), and whose value is at [valueStart, end). */
  add(start: number, nameEnd: number, valueStart: number, end: number): void {
    const length = nameEnd - start
    const letter = (this.#bytes[start] ?? 0) & 31
    if (length > 31 || mayBeWanted[letter * 32 + length] === 0) return
    const name = this.#bytes.toString('latin1', start, nameEnd).toLowerCase()
    if (!wanted.has(name)) return
    const slot = this.#slots.get(name)
    if (slot === undefined) {
      this.#slots.set(name, {
        firstStart: valueStart,
        firstEnd: end,
        lastStart: valueStart,
        lastEnd: end,
        earlier: [],
      })
    } else {
      if (repeatable.has(name)) slot.earlier.push([slot.lastStart, slot.lastEnd])
      slot.lastStart = valueStart
      slot.lastEnd = end
    }
  }

  /** The value of the first field of this name, unfolded, without white space around it. */
  first(name: string): string | null {
    const slot = this.#slots.get(name)
    return slot === undefined ? null : this.#text(slot.firstStart, slot.firstEnd)
  }

  last(name: string): string | null {
    const slot = this.#slots.get(name)
    return slot === undefined ? null : this.#text(slot.lastStart, slot.lastEnd)
  }

  /** The values of the fields of this name before the last; of To, Cc and Bcc alone. */
  earlier(name: string): string[] {
    return this.#slots.get(name)?.earlier.map(([start, end]) => this.#text(start, end)) ?? []
  }

  #text(from: number, to: number): string {
    let start = from
    let end = to
    while (start < end && isSpace(this.#bytes[start])) start++
    while (end > start && isSpace(this.#bytes[end - 1])) end--
    return unfold(headerSlice(this.#bytes, start, end))
  }
}

// space, tab, CR, LF
function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
