import type { MimePart } from '../mime-index.ts'
import { normalLabel } from './charset.ts'

/** Where a meta element that names the charset stands: the Encoding sniffing of HTML looks at 1,024 octets, mail programs write more before it. */
export const charsetLookBytes = 4_096

/**
 * The charset of a text part: its parameter or, of HTML without one, what a meta element in the first `charsetLookBytes` of the decoded body says.
 * Undefined: nothing is said. A meta element that says UTF-16, UTF-32 or UTF-7 is wrong, since it was found by its letters of ASCII.
 */
export function partCharset(part: MimePart, start: Buffer): string | undefined {
  const written = part.params['charset']
  if (written !== undefined || part.type !== 'text' || part.subtype !== 'html') return written
  const head = start.toString('latin1', 0, charsetLookBytes)
  // No further than the next tag, so that each octet is tried once.
  const match = /<meta\s[^<>]*?charset\s*=\s*["']?\s*([\w.:+-]{1,40})/i.exec(head)
  const label = match?.[1]
  return label === undefined || normalLabel(label).startsWith('utf-') ? undefined : label
}
