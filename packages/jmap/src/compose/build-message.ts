import { randomUUID } from 'node:crypto'

import type { RequestBudget } from '../budget/request-budget.ts'
import { piecesOf } from '../json/long-text.ts'
import { joined, type BlobPlace } from '../mail/blob-content.ts'
import { SetError } from '../protocol/set-error.ts'
import { rfc5322Date } from './draft-header.ts'
import type { DraftPart } from './draft-part.ts'
import { encodeBody } from './encode-body.ts'
import type { MessageDraft } from './message-draft.ts'
import { writeHeader } from './write-header.ts'
import { writeParameterized } from './write-parameters.ts'

export interface BuildOptions {
  readonly hostname: string
  readonly now: number
  readonly budget: RequestBudget
  /** Of the message. */
  readonly maxBytes: number
  /** Of every blob that the draft names. */
  readonly places: ReadonlyMap<string, BlobPlace>
  readonly blob: (place: BlobPlace) => AsyncIterable<Buffer>
}

/** The bytes of a drafted message, with the Date and Message-ID that it needs (RFC 8621 section 4.6), made in turns. @throws BudgetExceeded; SetError tooLarge */
export async function buildMessage(draft: MessageDraft, options: BuildOptions): Promise<Buffer> {
  const names = new Set(draft.headers.map(({ name }) => name.toLowerCase()))
  const header = draft.headers.map(writeHeader)
  if (!names.has('date')) header.push(`Date: ${rfc5322Date(options.now, 0)}\r\n`)
  if (!names.has('message-id')) header.push(`Message-ID: <${randomUUID()}@${options.hostname}>\r\n`)
  header.push('MIME-Version: 1.0\r\n')
  const start = Buffer.from(header.join(''))
  const { pieces } = await new EntityWriter(options, start.length).write(draft.root, true)
  return joined([start, ...pieces], options.budget)
}

/** A part with its header. */
interface Entity {
  readonly pieces: readonly Buffer[]
  /** RFC 2045 section 6.4: what it is in has to say so too. */
  readonly is8Bit: boolean
}

/** Writing the fields of one part: names of a thousand characters that have to be encoded. */
const unitsPerPart = 16_384

class EntityWriter {
  readonly #options: BuildOptions
  #left: number

  constructor(options: BuildOptions, written: number) {
    this.#options = options
    this.#left = options.maxBytes
    this.#take(written)
  }

  async write(part: DraftPart, endsMessage: boolean): Promise<Entity> {
    await this.#options.budget.work(unitsPerPart)
    const { content } = part
    return content.kind === 'parts'
      ? this.#writeMultipart(part, content.parts)
      : this.#writeLeaf(part, content, endsMessage)
  }

  async #writeLeaf(
    part: DraftPart,
    content: Exclude<DraftPart['content'], { kind: 'parts' }>,
    endsMessage: boolean,
  ): Promise<Entity> {
    const isText = content.kind === 'text'
    const octets = isText ? this.#textOctets(content.text) : this.#blobOctets(content.blobId)
    const { type } = part
    const { transferEncoding, pieces } = await encodeBody(
      { type, isText, endsMessage, octets },
      this.#options.budget,
      (bytes) => this.#take(bytes),
    )
    const charset = isText && type.startsWith('text/') ? 'utf-8' : part.charset
    const header = this.#header(part, transferEncoding, charset === null ? {} : { charset })
    return { pieces: [header, ...pieces], is8Bit: transferEncoding === '8bit' }
  }

  async #writeMultipart(part: DraftPart, parts: readonly DraftPart[]): Promise<Entity> {
    // No line of quoted-printable or base64 begins like this.
    const boundary = `=_${randomUUID()}`
    const pieces: Buffer[] = []
    let is8Bit = false
    for (const [at, child] of parts.entries()) {
      pieces.push(this.#line(`${at === 0 ? '' : '\r\n'}--${boundary}\r\n`))
      const entity = await this.write(child, false)
      for (const piece of entity.pieces) pieces.push(piece)
      is8Bit ||= entity.is8Bit
    }
    pieces.push(this.#line(`\r\n--${boundary}--\r\n`))
    const header = this.#header(part, is8Bit ? '8bit' : '7bit', { boundary })
    return { pieces: [header, ...pieces], is8Bit }
  }

  #header(
    part: DraftPart,
    transferEncoding: string,
    params: Readonly<Record<string, string>>,
  ): Buffer {
    const { type, name, disposition, cid, language, location } = part
    const named = name === null ? {} : { name }
    const fields = [writeParameterized('Content-Type', type, { ...params, ...named })]
    // RFC 2045 section 6.1: that is what it is without the field.
    if (transferEncoding !== '7bit')
      fields.push(`Content-Transfer-Encoding: ${transferEncoding}\r\n`)
    if (disposition !== null) {
      const filename = name === null ? {} : { filename: name }
      fields.push(writeParameterized('Content-Disposition', disposition, filename))
    }
    if (cid !== null) fields.push(`Content-ID: <${cid}>\r\n`)
    if (language.length > 0) fields.push(`Content-Language: ${language.join(',\r\n ')}\r\n`)
    if (location !== null) fields.push(`Content-Location: ${location}\r\n`)
    return this.#line(`${fields.join('')}${part.headers.map(writeHeader).join('')}\r\n`)
  }

  /** The text comes in pieces, so that it is encoded piece by piece. @throws BudgetExceeded */
  async *#textOctets(text: string): AsyncIterable<Buffer> {
    const { budget } = this.#options
    budget.charge({ bytes: text.length })
    for (const piece of piecesOf(text)) yield Buffer.from(piece)
  }

  async *#blobOctets(blobId: string): AsyncIterable<Buffer> {
    const place = this.#options.places.get(blobId)
    if (place !== undefined) yield* this.#options.blob(place)
  }

  #line(text: string): Buffer {
    const bytes = Buffer.from(text)
    this.#take(bytes.length)
    return bytes
  }

  /** A few bytes of a draft may stand for any number: one text may be that of many parts. @throws SetError tooLarge */
  #take(bytes: number): void {
    this.#left -= bytes
    const { maxBytes } = this.#options
    if (this.#left < 0) throw new SetError({ type: 'tooLarge', maxSize: maxBytes })
  }
}
