import { type MimeIndex, type MimePart, placePart } from '@gatepost/mime'

import type { Section } from './fetch-section.ts'
import { headerFieldsBytes } from './header-fields-bytes.ts'

/** What sections are taken from. */
export interface MessageBytes {
  /** The bytes of the raw message from `start` up to, not including, `end`. */
  read(start: number, end: number): Buffer
  /** The body of a part, its transfer encoding undone. */
  decodedBody(part: MimePart): Buffer
}

/** The value of a BODY[] item: a part of the raw message, or bytes made from its header. */
export type SectionBytes =
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }

/** Undefined when there is no such part: the value is NIL. RFC 3501 section 6.4.5. */
export function sectionBytes(
  index: MimeIndex,
  section: Section,
  bytes: MessageBytes,
): SectionBytes | undefined {
  const place = placePart(index.root, section.part)
  if (place === undefined) return undefined
  const { part, encodedIn } = place
  const from = spaceOf(encodedIn, bytes)
  if (section.what === 'MIME') return from.range(part.headerStart, part.bodyStart)
  if (section.what === '')
    return from.range(section.part === '' ? part.headerStart : part.bodyStart, part.bodyEnd)
  // RFC 3501 section 6.4.5: HEADER and TEXT of a part are those of the message in it.
  const message = section.part === '' ? part : part.message?.root
  if (message === undefined) return undefined
  const inside = section.part !== '' && part.message?.isEncoded === true
  const space = inside ? spaceOf(part, bytes) : from
  switch (section.what) {
    case 'HEADER':
      return space.range(message.headerStart, message.bodyStart)
    case 'TEXT':
      return space.range(message.bodyStart, message.bodyEnd)
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT':
      return { kind: 'bytes', bytes: headerFieldsBytes(message, section, space.read) }
  }
}

interface Space {
  readonly range: (start: number, end: number) => SectionBytes
  readonly read: (start: number, end: number) => Buffer
}

/** What offsets count in: the raw message, or the decoded body of a part. */
function spaceOf(encodedIn: MimePart | null, bytes: MessageBytes): Space {
  if (encodedIn === null) return { range, read: (start, end) => bytes.read(start, end) }
  const decoded = bytes.decodedBody(encodedIn)
  // A copy: what is left of the body need not stay in memory with it.
  const read = (start: number, end: number): Buffer => Buffer.from(decoded.subarray(start, end))
  return { range: (start, end) => ({ kind: 'bytes', bytes: read(start, end) }), read }
}

/** `<start.count>` of the client: clipped, and empty when it begins behind the end. */
export function partialBytes(
  value: SectionBytes,
  partial: { readonly start: number; readonly count: number } | null,
): SectionBytes {
  if (partial === null) return value
  if (value.kind === 'bytes')
    return {
      kind: 'bytes',
      bytes: value.bytes.subarray(partial.start, partial.start + partial.count),
    }
  const start = Math.min(value.start + partial.start, value.end)
  return range(start, Math.min(start + partial.count, value.end))
}

function range(start: number, end: number): SectionBytes {
  return { kind: 'range', start, end }
}
