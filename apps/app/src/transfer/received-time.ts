import { headerFields, parseDate, rawValue, unfold } from '@gatepost/mime'

import type { ReceivedTime } from './mail-item.ts'
import { usableZone } from './zone-text.ts'

/** A header is looked through up to here. */
const maxHeaderBytes = 65_536

/** When a message arrived, by the newest Received field (RFC 5321 section 4.4) or else its Date. */
export function receivedTime(content: Buffer): ReceivedTime | undefined {
  const fields = headerFields(content, 0, Math.min(content.length, maxHeaderBytes))
  for (const wanted of ['received', 'date']) {
    const field = fields.find(({ name }) => name.toLowerCase() === wanted)
    if (field === undefined) continue
    const value = unfold(rawValue(content, field))
    const date = parseDate(value.slice(value.lastIndexOf(';') + 1))
    if (date !== null) return { receivedAt: date.at, zoneMinutes: usableZone(date.offsetMinutes) }
  }
  return undefined
}
