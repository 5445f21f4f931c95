import { MailError } from '@gatepost/core'
import { headerFields, rawValue, transferDecoder, type MimePart } from '@gatepost/mime'

import type { RequestBudget } from '../budget/request-budget.ts'

export interface HeaderView {
  readonly name: string
  readonly value: string
}

/** The header fields of a part, in order, raw (RFC 8621 section 4.1.2.1). */
export interface PartHeader {
  readonly fields: readonly HeaderView[]
  /** By name in lower case. */
  readonly byName: ReadonlyMap<string, readonly HeaderView[]>
}

/** Reads a range of a message; undefined when its blob is there no more. */
export type ReadRange = (start: number, end: number) => Promise<Buffer | undefined>

/** What is read and decoded in one turn. Its multiples are those of the store's own pieces. */
const pieceBytes = 131_072
/** Header bytes that are shown: more than any honest header has, and what the MIME index reads too. */
const maxHeaderBytes = 1_048_576
const maxFields = 20_000
/** Fields found in one go. */
const fieldsAtOnce = 500
const unitsPerFields = 65_536

/** Whether the octets of its body are others than those in the message. */
export function isCoded({ encoding }: MimePart): boolean {
  return encoding === 'base64' || encoding === 'quoted-printable'
}

/** The octets of the decoded body. */
export function decodedSize({ decodedBytes, bodyStart, bodyEnd }: MimePart): number {
  return decodedBytes ?? bodyEnd - bodyStart
}

interface Piece {
  readonly start: number
  readonly bytes: Buffer
}

/** Reads pieces of a message, in turns: never more than what is asked for, and charged before. */
export class MessageSource {
  readonly budget: RequestBudget
  readonly #read: ReadRange
  readonly #headers = new Map<MimePart, PartHeader>()
  #kept: Piece | undefined

  /** `head`: the bytes that it begins with, when they have been read already. */
  constructor(read: ReadRange, budget: RequestBudget, head?: Buffer) {
    this.budget = budget
    this.#read = read
    this.#kept = head === undefined ? undefined : { start: 0, bytes: head }
  }

  /** @throws BudgetExceeded; MailError `blob.notFound` when the message went away meanwhile */
  async header(part: MimePart): Promise<PartHeader> {
    const known = this.#headers.get(part)
    if (known !== undefined) return known
    const end = Math.min(part.bodyStart, part.headerStart + maxHeaderBytes)
    this.budget.charge({ bytes: end - part.headerStart })
    const pieces: Buffer[] = []
    for await (const piece of this.raw(part.headerStart, end)) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const fields: HeaderView[] = []
    for (let at = 0; at < bytes.length;) {
      await this.budget.work(Math.min(unitsPerFields, (bytes.length - at) * 2))
      const some = headerFields(bytes, at, bytes.length, fieldsAtOnce)
      for (const field of some)
        if (field.name !== '') fields.push({ name: field.name, value: rawValue(bytes, field) })
      at = some.length < fieldsAtOnce ? bytes.length : (some.at(-1)?.end ?? bytes.length)
      if (fields.length > maxFields) break
    }
    const header = { fields, byName: Map.groupBy(fields, ({ name }) => name.toLowerCase()) }
    this.#headers.set(part, header)
    return header
  }

  /** The bytes from `start` to `end` in pieces. They have been charged. @throws MailError `blob.notFound` */
  async *raw(start: number, end: number): AsyncIterable<Buffer> {
    for (let at = start; at < end;) {
      const next = Math.min(end, (Math.floor(at / pieceBytes) + 1) * pieceBytes)
      await this.budget.work(next - at)
      yield await this.#range(at, next)
      at = next
    }
  }

  /** The body with its transfer encoding undone, in pieces; `maxRaw` bounds what is read of it. @throws BudgetExceeded, MailError */
  async *octets(part: MimePart, maxRaw: number = Infinity): AsyncIterable<Buffer> {
    const end = Math.min(part.bodyEnd, part.bodyStart + maxRaw)
    this.budget.charge({ bytes: end - part.bodyStart })
    const decoder = transferDecoder(part.encoding)
    for await (const piece of this.raw(part.bodyStart, end)) yield decoder.write(piece)
    yield decoder.end()
  }

  /** Headers of small parts lie side by side: the piece that one of them was in is kept for the next. */
  async #range(start: number, end: number): Promise<Buffer> {
    const known = within(this.#kept, start, end)
    if (known !== undefined) return known
    const first = Math.floor(start / pieceBytes) * pieceBytes
    if (end > first + pieceBytes) return this.#readThrough(start, end)
    const bytes = await this.#readThrough(first, first + pieceBytes)
    this.#kept = { start: first, bytes }
    return bytes.subarray(start - first, end - first)
  }

  async #readThrough(start: number, end: number): Promise<Buffer> {
    const bytes = await this.#read(start, end)
    if (bytes === undefined)
      throw new MailError('notFound', 'blob.notFound', 'The message went away meanwhile')
    return bytes
  }
}

function within(piece: Piece | undefined, start: number, end: number): Buffer | undefined {
  if (piece === undefined || start < piece.start || end > piece.start + piece.bytes.length)
    return undefined
  return piece.bytes.subarray(start - piece.start, end - piece.start)
}
