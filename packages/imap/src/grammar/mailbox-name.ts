import { isUtf8 } from 'node:buffer'

import { decodeUtf7, encodeUtf7 } from './modified-utf7.ts'
import { syntaxError } from './syntax-error.ts'

export const hierarchySeparator = '/'

/** Longer than any name the store keeps, in the longest way to write it. */
const maxWrittenLength = 16_384

/**
 * A mailbox name, or a pattern of LIST, as the client wrote it (one character for each byte): modified UTF-7 (RFC 3501 section 5.1.3), else raw UTF-8.
 * The result is in NFC, and INBOX at the top is in capitals, however it was written (RFC 3501 section 5.1).
 * @throws MailError invalid `imap.syntax`
 */
export function decodeMailboxName(text: string): string {
  if (text.length > maxWrittenLength) throw syntaxError('The mailbox name is too long')
  const name = (decodeUtf7(text) ?? decodeRaw(text)).normalize('NFC')
  if (/\p{Cc}/u.test(name)) throw syntaxError('Control character in a mailbox name')
  return name.replace(/^inbox(?=\/|$)/i, 'INBOX')
}

/** As it goes out: printable ASCII. */
export function encodeMailboxName(name: string): string {
  return encodeUtf7(name)
}

// Clients that know no UTF-7 send `Tom & Jerry` and 8-bit names as they are.
function decodeRaw(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  if (!isUtf8(bytes)) throw syntaxError('The mailbox name is neither modified UTF-7 nor UTF-8')
  return bytes.toString('utf8')
}

/** The levels of the hierarchy. A separator at the end only says that there will be children (RFC 3501 section 6.3.3). */
export function splitPath(name: string): string[] {
  const path = name.endsWith(hierarchySeparator) ? name.slice(0, -1) : name
  return path === '' ? [] : path.split(hierarchySeparator)
}

export function joinPath(levels: readonly string[]): string {
  return levels.join(hierarchySeparator)
}
