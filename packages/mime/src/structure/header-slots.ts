import { headerSlice } from '../header/header-text.ts'

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

const longestName = 25

interface Slot {
  readonly firstStart: number
  readonly firstEnd: number
  lastStart: number
  lastEnd: number
}

/** Where the wanted fields of one header are: the first and the last of each name. Values become strings when asked for. */
export class HeaderSlots {
  readonly #bytes: Buffer
  readonly #slots = new Map<string, Slot>()

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Notes a field whose name is at [start, nameEnd), and whose value is at [valueStart, end). */
  add(start: number, nameEnd: number, valueStart: number, end: number): void {
    if (nameEnd - start > longestName || nameEnd - start < 2) return
    const name = this.#bytes.toString('latin1', start, nameEnd).toLowerCase()
    if (!wanted.has(name)) return
    const slot = this.#slots.get(name)
    if (slot === undefined) {
      this.#slots.set(name, {
        firstStart: valueStart,
        firstEnd: end,
        lastStart: valueStart,
        lastEnd: end,
      })
    } else {
      slot.lastStart = valueStart
      slot.lastEnd = end
    }
  }

  first(name: string): string | null {
    const slot = this.#slots.get(name)
    return slot === undefined ? null : headerSlice(this.#bytes, slot.firstStart, slot.firstEnd)
  }

  last(name: string): string | null {
    const slot = this.#slots.get(name)
    return slot === undefined ? null : headerSlice(this.#bytes, slot.lastStart, slot.lastEnd)
  }
}
