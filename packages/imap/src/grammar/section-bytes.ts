import { type MimeIndex, type MimePart, placePart } from '@gatepost/mime'

import type { Section } from './fetch-section.ts'
import { headerFieldsBytes } from './header-fields-bytes.ts'

/** `<start.count>` of the client. */
export type Partial = { readonly start: number; readonly count: number } | null

export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Where the value of a BODY[] item comes from: a range of the raw message, or of the decoded body of a part. */
export interface SectionSource extends ByteRange {
  readonly encodedIn: MimePart | null
  /** The range is a header, of which fields are picked. */
  readonly fields: Section | null
}

/** What is read of a header to pick fields from; fields that do not end before this are passed over. */
const maxHeaderBytes = 1_048_576

/** Undefined when there is no such part: the value is NIL. RFC 3501 section 6.4.5. */
export function sectionSource(index: MimeIndex, section: Section): SectionSource | undefined {
  const place = placePart(index.root, section.part)
  if (place === undefined) return undefined
  const { part, encodedIn } = place
  if (section.what === 'MIME') return source(part.headerStart, part.bodyStart, encodedIn)
  if (section.what === '')
    return source(section.part === '' ? part.headerStart : part.bodyStart, part.bodyEnd, encodedIn)
  // RFC 3501 section 6.4.5: HEADER and TEXT of a part are those of the message in it.
  const message = section.part === '' ? part : part.message?.root
  if (message === undefined) return undefined
  const isInside = section.part !== '' && part.message?.isEncoded === true
  const space = isInside ? part : encodedIn
  const { headerStart, bodyStart, bodyEnd } = message
  if (section.what === 'TEXT') return source(bodyStart, bodyEnd, space)
  if (section.what === 'HEADER') return source(headerStart, bodyStart, space)
  return { start: headerStart, end: bodyStart, encodedIn: space, fields: section }
}

/** The message itself, which needs no look at its structure. */
export function wholeSource(size: number): SectionSource {
  return source(0, size, null)
}

function source(start: number, end: number, encodedIn: MimePart | null): SectionSource {
  return { start, end, encodedIn, fields: null }
}

/** Its value is the bytes of `rawRange` as they are, however many. */
export function isPlain({ encodedIn, fields }: SectionSource): boolean {
  return encodedIn === null && fields === null
}

/** What has to be read of the raw message. */
export function rawRange(from: SectionSource, partial: Partial): ByteRange {
  if (from.encodedIn !== null)
    return { start: from.encodedIn.bodyStart, end: from.encodedIn.bodyEnd }
  if (from.fields !== null) return cutHeader(from)
  if (partial === null) return from
  const start = Math.min(from.start + partial.start, from.end)
  return { start, end: Math.min(start + partial.count, from.end) }
}

/** The value. `raw`: the bytes of `rawRange`; `decoded`: the body of a part with its transfer encoding undone, of these bytes. */
export function sectionBytes(
  from: SectionSource,
  {
    raw,
    partial,
    decoded,
  }: {
    readonly raw: Buffer
    readonly partial: Partial
    readonly decoded: (part: MimePart, raw: Buffer) => Buffer
  },
): Buffer {
  if (isPlain(from)) return raw
  const value = from.encodedIn === null ? raw : within(decoded(from.encodedIn, raw), from)
  const bytes =
    from.fields === null
      ? value
      : headerFieldsBytes(value, from.fields, from.end - from.start > maxHeaderBytes)
  return partial === null ? bytes : bytes.subarray(partial.start, partial.start + partial.count)
}

/** A copy: what is left of the body need not stay in memory with it. */
function within(decoded: Buffer, from: SectionSource): Buffer {
  const { start, end } = from.fields === null ? from : cutHeader(from)
  return Buffer.from(decoded.subarray(start, end))
}

function cutHeader({ start, end }: ByteRange): ByteRange {
  return { start, end: Math.min(end, start + maxHeaderBytes) }
}
