import { decodeWords } from '../header/encoded-words.ts'
import type { MimePart } from '../mime-index.ts'

/** The name of an attachment: Content-Disposition filename, else Content-Type name; encoded words inside are decoded, against RFC 2047 section 5 but as senders do. Not safe as a path. */
export function fileNameOf(part: MimePart): string | null {
  const written = part.disposition?.params['filename'] ?? part.params['name']
  if (written === undefined) return null
  const name = decodeWords(written).trim()
  return name === '' ? null : name
}
