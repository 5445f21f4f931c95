import { headerFields, type MimePart } from '@gatepost/mime'

import type { Section } from './fetch-section.ts'

/** What is read of a header to pick fields from; fields that do not end before this are passed over. */
const maxHeaderBytes = 1_048_576

const lf = 10
const lineEnd = Buffer.from('\r\n')

/**
 * HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 section 6.4.5): the fields byte for byte in their order, then an empty line.
 * A line that is no field has no name, so it is among those that are not named.
 */
export function headerFieldsBytes(
  message: Pick<MimePart, 'headerStart' | 'bodyStart'>,
  section: Pick<Section, 'what' | 'fields'>,
  read: (start: number, end: number) => Buffer,
): Buffer {
  const end = Math.min(message.bodyStart, message.headerStart + maxHeaderBytes)
  const bytes = read(message.headerStart, end)
  const isCut = end < message.bodyStart
  const names = new Set(section.fields.map((name) => name.toLowerCase()))
  const wantsNamed = section.what === 'HEADER.FIELDS'
  const pieces: Buffer[] = []
  for (const field of headerFields(bytes, 0, bytes.length)) {
    if (isCut && field.end === bytes.length) break
    if (names.has(field.name.toLowerCase()) === wantsNamed)
      pieces.push(bytes.subarray(field.start, field.end))
  }
  // A header that ends with the message may lack its last line end.
  const last = pieces.at(-1)
  if (last !== undefined && last.at(-1) !== lf) pieces.push(lineEnd)
  return Buffer.concat([...pieces, lineEnd])
}
