import { asBuffer } from '../as-buffer.ts'
import { headerFields, type HeaderField } from './header-fields.ts'

/**
 * The message without the header fields that are to go, byte for byte as it was otherwise; the same bytes when none is. Fields are looked for in the first
 * `maxBytes` of the message.
 */
export function withoutFields(
  content: Uint8Array,
  isToGo: (field: HeaderField) => boolean,
  maxBytes: number = content.length,
): Uint8Array {
  const bytes = asBuffer(content)
  const kept: Buffer[] = []
  let from = 0
  for (const field of headerFields(bytes, 0, maxBytes)) {
    if (!isToGo(field)) continue
    kept.push(bytes.subarray(from, field.start))
    from = field.end
  }
  if (from === 0) return content
  kept.push(bytes.subarray(from))
  return Buffer.concat(kept)
}
