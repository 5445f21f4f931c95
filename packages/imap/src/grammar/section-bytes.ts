import { findPart, type MimeIndex, type MimePart } from '@gatepost/mime'

import type { Section } from './fetch-section.ts'
import { headerFieldsBytes } from './header-fields-bytes.ts'

/** The bytes of the raw message from `start` up to, not including, `end`. */
export type ReadBytes = (start: number, end: number) => Buffer

/** The value of a BODY[] item: a part of the raw message, or bytes made from its header. */
export type SectionBytes =
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }

/** Undefined when there is no such part: the value is NIL. RFC 3501 section 6.4.5. */
export function sectionBytes(
  index: MimeIndex,
  section: Section,
  read: ReadBytes,
): SectionBytes | undefined {
  const part = findPart(index.root, section.part)
  if (part === undefined) return undefined
  if (section.what === 'MIME') return range(part.headerStart, part.bodyStart)
  if (section.what === '')
    return range(section.part === '' ? part.headerStart : part.bodyStart, part.bodyEnd)
  const message = section.part === '' ? part : innerMessage(part)
  if (message === undefined) return undefined
  switch (section.what) {
    case 'HEADER':
      return range(message.headerStart, message.bodyStart)
    case 'TEXT':
      return range(message.bodyStart, message.bodyEnd)
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT':
      return { kind: 'bytes', bytes: headerFieldsBytes(message, section, read) }
  }
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

// RFC 3501 section 6.4.5: HEADER and TEXT of a part are those of the message in it.
function innerMessage(part: MimePart): MimePart | undefined {
  return part.message?.root
}

function range(start: number, end: number): SectionBytes {
  return { kind: 'range', start, end }
}
