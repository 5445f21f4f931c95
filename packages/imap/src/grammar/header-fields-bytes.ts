import { headerFields } from '@gatepost/mime'

import type { Section } from './fetch-section.ts'

const lf = 10
const lineEnd = Buffer.from('\r\n')

/**
 * HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 section 6.4.5): the fields byte for byte in their order, then an empty line.
 * A line that is no field has no name, so it is among those that are not named. `isCut`: there is more of the header, so that the last field may be incomplete.
 */
export function headerFieldsBytes(
  bytes: Buffer,
  section: Pick<Section, 'what' | 'fields'>,
  isCut: boolean,
): Buffer {
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
