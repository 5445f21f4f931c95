import type { MailReader } from '@gatepost/core'
import {
  decodeBody,
  decodeText,
  headerFields,
  rawValue,
  type BodyText,
  type MimePart,
} from '@gatepost/mime'

export interface HeaderView {
  readonly name: string
  readonly value: string
}

/** Reads pieces of a stored message: never more than what is asked for. */
export class MessageSource {
  readonly #range: (start: number, end: number) => Buffer
  readonly #headers = new Map<MimePart, readonly HeaderView[]>()

  constructor(range: (start: number, end: number) => Buffer) {
    this.#range = range
  }

  /** Of a blob, inside a snapshot. */
  static ofBlob(
    reader: MailReader,
    blobId: Parameters<MailReader['blobs']['range']>[0],
  ): MessageSource {
    return new MessageSource(
      (start, end) => reader.blobs.range(blobId, start, end) ?? Buffer.alloc(0),
    )
  }

  /** The header fields of a part, in order, raw (RFC 8621 section 4.1.2.1). */
  headers(part: MimePart): readonly HeaderView[] {
    const known = this.#headers.get(part)
    if (known !== undefined) return known
    const bytes = this.#range(part.headerStart, part.bodyStart)
    const fields = headerFields(bytes, 0, bytes.length)
      .filter(({ name }) => name !== '')
      .map((field) => ({ name: field.name, value: rawValue(bytes, field) }))
    this.#headers.set(part, fields)
    return fields
  }

  /** The body with its transfer encoding undone. */
  body(part: MimePart): Buffer {
    const bytes = this.#range(part.bodyStart, part.bodyEnd)
    return decodeBody(bytes, moved(part, bytes.length))
  }

  text(part: MimePart, maxBytes: number | undefined): BodyText {
    const bytes = this.#range(part.bodyStart, part.bodyEnd)
    return decodeText(bytes, moved(part, bytes.length), maxBytes)
  }

  /** The octets of the decoded body. Counted up to `exactBytes` of encoded ones, beyond that computed from the lines. */
  size(part: MimePart): number {
    const length = part.bodyEnd - part.bodyStart
    if (part.encoding !== 'base64' && part.encoding !== 'quoted-printable') return length
    if (length <= exactBytes || part.encoding === 'quoted-printable') return this.body(part).length
    const tail = this.#range(part.bodyEnd - 64, part.bodyEnd)
      .toString('latin1')
      .trimEnd()
    const hasCrlf = this.#range(part.bodyStart, part.bodyStart + 1000).includes('\r\n')
    const symbols = length - part.lines * (hasCrlf ? 2 : 1)
    return Math.floor((symbols / 4) * 3) - (/=*$/.exec(tail)?.[0].length ?? 0)
  }
}

const exactBytes = 1_048_576

function moved(part: MimePart, length: number): MimePart {
  return { ...part, headerStart: 0, bodyStart: 0, bodyEnd: length }
}
