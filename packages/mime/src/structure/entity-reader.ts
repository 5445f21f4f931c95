import { decodedLength } from '../body/decoded-length.ts'
import { decodeTransfer } from '../body/transfer-encoding.ts'
import { fieldNameEnd } from '../header/header-fields.ts'
import type { MimeLimits } from '../limits.ts'
import type { Envelope, InnerMessage, MimePart } from '../mime-index.ts'
import { contentFields, type ContentFields } from './content-fields.ts'
import { envelopeOf, type AddressBudget } from './envelope.ts'
import { HeaderSlots } from './header-slots.ts'
import { LineScanner } from './line-scanner.ts'

const lf = 10
const cr = 13
const colon = 58

/** RFC 2046 section 5.1.1 allows 70; some senders take more. */
const maxBoundaryLength = 998

/** Where an entity stands: its section number, or for the root of a message that of the message. */
interface Place {
  readonly section: string
  readonly isRoot: boolean
  readonly depth: number
  readonly defaultType: 'plain' | 'rfc822'
}

interface Header {
  readonly slots: HeaderSlots
  readonly start: number
  readonly end: number
}

type Content = Pick<MimePart, 'parts' | 'message'>

const opaque: Content = { parts: [], message: null }

/** Reads header, body and parts in the order of their bytes: recursion goes only as deep as `maxDepth`. */
export class EntityReader {
  isTruncated = false
  scanner: LineScanner
  readonly #limits: MimeLimits
  readonly #addresses: AddressBudget
  #partsLeft: number
  #headerBytesLeft: number
  #encodedBytesLeft: number
  #isDecoded = false

  constructor(bytes: Buffer, limits: MimeLimits) {
    this.scanner = new LineScanner(bytes)
    this.#limits = limits
    this.#partsLeft = limits.maxParts - 1
    this.#headerBytesLeft = limits.maxHeaderBytes
    this.#encodedBytesLeft = limits.maxEncodedMessageBytes
    this.#addresses = { left: limits.maxAddresses, isExceeded: false }
  }

  /** The message that starts here; `section` is that of the message/rfc822 part around it, '' for the message itself. */
  readMessage(section: string, depth: number): { envelope: Envelope; root: MimePart } {
    const header = this.#readHeader()
    const envelope = envelopeOf(header.slots, this.#addresses)
    if (this.#addresses.isExceeded) this.isTruncated = true
    const root = this.#readEntity(header, { section, isRoot: true, depth, defaultType: 'plain' })
    return { envelope, root }
  }

  #readEntity(header: Header, place: Place): MimePart {
    const { scanner } = this
    const fields = contentFields(header.slots, place.defaultType, this.#limits.maxParams)
    if (fields.isTruncated) this.isTruncated = true
    const firstLine = scanner.line
    const isEndedByHeader = scanner.found !== null
    const content = isEndedByHeader ? opaque : this.#readContent(fields, place)
    const { parts } = content
    if (!isEndedByHeader && parts.length === 0 && content.message === null) scanner.toDelimiter()
    const inner = content.message?.root.bodyEnd ?? parts.at(-1)?.bodyEnd ?? 0
    const bodyEnd = Math.max(scanner.contentEnd(header.end), inner)
    const message =
      content.message ??
      this.#readEncodedMessage(fields, place, { start: header.end, end: bodyEnd })
    const isCoded = fields.encoding === 'base64' || fields.encoding === 'quoted-printable'
    // Without a boundary that is found it is a text with lines of header in it: shown, it can be read.
    const isUnreadable =
      fields.type === 'multipart' && parts.length === 0 && !this.#isAtLimit(place)
    // What most parts are not is added behind: objects put together from pieces cost several times as much.
    const part: MimePart = {
      section: sectionOf(place, parts.length > 0),
      type: isUnreadable ? 'text' : fields.type,
      subtype: isUnreadable ? 'plain' : fields.subtype,
      params: fields.params,
      encoding: fields.encoding,
      disposition: fields.disposition,
      contentId: fields.contentId,
      description: fields.description,
      md5: fields.md5,
      languages: fields.languages,
      location: fields.location,
      headerStart: header.start,
      bodyStart: header.end,
      bodyEnd,
      lines: scanner.linesOf(header.end, firstLine, bodyEnd),
      parts,
      message,
    }
    if (!isCoded || parts.length > 0) return part
    const body = scanner.bytes.subarray(header.end, bodyEnd)
    return { ...part, decodedBytes: decodedLength(body, fields.encoding) }
  }

  #readContent(fields: ContentFields, place: Place): Content {
    const isMessage = hasMessageType(fields)
    if (fields.type !== 'multipart' && !isMessage) return opaque
    const depth = place.depth + 1
    if (depth > this.#limits.maxDepth) {
      this.isTruncated = true
      return opaque
    }
    if (!isMessage) return { parts: this.#readMultipart(fields, place, depth), message: null }
    // RFC 2046 section 5.2.1 allows a message no other encoding.
    if (!/^(?:7bit|8bit|binary)$/.test(fields.encoding) || !this.#takePart()) return opaque
    const message = this.readMessage(sectionOf(place, false), depth)
    return { parts: [], message: { ...message, isEncoded: false } }
  }

  /** Some programs encode messages all the same. Only one within another is decoded, so that no byte is decoded twice. */
  #readEncodedMessage(
    fields: ContentFields,
    place: Place,
    body: { readonly start: number; readonly end: number },
  ): InnerMessage | null {
    const isEncoded = fields.encoding === 'base64' || fields.encoding === 'quoted-printable'
    if (!hasMessageType(fields) || !isEncoded || this.#isDecoded || body.end === body.start)
      return null
    const isLarge = body.end - body.start > this.#encodedBytesLeft
    if (isLarge || place.depth >= this.#limits.maxDepth || !this.#takePart()) {
      this.isTruncated = true
      return null
    }
    this.#encodedBytesLeft -= body.end - body.start
    const outer = this.scanner
    const bytes = decodeTransfer(outer.bytes.subarray(body.start, body.end), fields.encoding)
    this.scanner = new LineScanner(bytes)
    this.#isDecoded = true
    const message = this.readMessage(sectionOf(place, false), place.depth + 1)
    this.#isDecoded = false
    this.scanner = outer
    return { ...message, isEncoded: true }
  }

  #readMultipart(fields: ContentFields, place: Place, depth: number): MimePart[] {
    const { scanner } = this
    const parts: MimePart[] = []
    const boundary = boundaryOf(fields)
    if (boundary === null) return parts
    const level = scanner.push(boundary)
    const prefix = place.section === '' ? '' : `${place.section}.`
    const defaultType = fields.subtype === 'digest' ? 'rfc822' : 'plain'
    scanner.toDelimiter()
    while (scanner.found?.level === level && !scanner.found.isClose) {
      scanner.nextLine()
      if (this.#takePart()) {
        const section = `${prefix}${parts.length + 1}`
        parts.push(
          this.#readEntity(this.#readHeader(), { section, isRoot: false, depth, defaultType }),
        )
        // What lies beyond the last part that is read is looked at by nobody: it may be millions of them.
      } else scanner.toEnd()
    }
    const isClosed = scanner.found?.level === level
    scanner.pop()
    if (isClosed) {
      scanner.nextLine()
      scanner.toDelimiter()
    }
    return parts
  }

  /** From here to the empty line, a boundary line or the end. Beyond the limits fields are passed over, not read. */
  #readHeader(): Header {
    const { scanner } = this
    const { bytes } = scanner
    const slots = new HeaderSlots(bytes)
    const start = scanner.pos
    scanner.found = null
    let fields = 0
    while (!scanner.isAtEnd) {
      const at = scanner.pos
      if (scanner.isAtDelimiter()) return { slots, start, end: scanner.contentEnd(start) }
      scanner.nextLine()
      if (isEmptyLine(bytes, at)) break
      while (isBlank(bytes[scanner.pos])) scanner.nextLine()
      fields++
      this.#headerBytesLeft -= scanner.pos - at
      if (this.#headerBytesLeft < 0 || fields > this.#limits.maxHeaderFields)
        this.isTruncated = true
      else noteField(slots, bytes, at, scanner.pos)
    }
    return { slots, start, end: scanner.pos }
  }

  #isAtLimit({ depth }: Place): boolean {
    return depth >= this.#limits.maxDepth || this.#partsLeft <= 0
  }

  #takePart(): boolean {
    if (this.#partsLeft <= 0) {
      this.isTruncated = true
      return false
    }
    this.#partsLeft--
    return true
  }
}

function hasMessageType({ type, subtype }: ContentFields): boolean {
  return type === 'message' && (subtype === 'rfc822' || subtype === 'global')
}

function noteField(slots: HeaderSlots, bytes: Buffer, start: number, end: number): void {
  const nameEnd = fieldNameEnd(bytes, start, end)
  if (nameEnd === start) return
  let valueStart = nameEnd
  while (bytes[valueStart] !== colon) valueStart++
  slots.add(start, nameEnd, valueStart + 1, end)
}

// RFC 3501 section 6.4.5: the root of a message is a part of it only when it is not multipart.
function sectionOf(place: Place, hasParts: boolean): string {
  if (!place.isRoot || hasParts) return place.section
  return place.section === '' ? '1' : `${place.section}.1`
}

function boundaryOf(fields: ContentFields): string | null {
  const written = fields.params['boundary']?.trimEnd() ?? ''
  // Lines are compared as bytes; the parameter was decoded as UTF-8.
  const boundary = Buffer.from(written, 'utf8').toString('latin1')
  return boundary === '' || boundary.length > maxBoundaryLength ? null : boundary
}

function isEmptyLine(bytes: Buffer, start: number): boolean {
  let at = start
  while (bytes[at] === cr) at++
  return bytes[at] === lf
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9
}
