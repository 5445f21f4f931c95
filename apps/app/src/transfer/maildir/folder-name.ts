import { createHash } from 'node:crypto'

/** Of a file name, on every file system in use. */
const maxNameBytes = 255

/**
 * Maildir++: `.Work.Plans` for the mailbox Plans in Work, '' for INBOX, which is the root. Names are in modified UTF-7 (RFC 3501 section 5.1.3), as
 * Dovecot and Courier write them, with `.` and `/` encoded too, as Courier does. What is too long gets a name by its hash.
 */
export function folderName(path: readonly string[]): string {
  if (path.length === 1 && path[0] === 'INBOX') return ''
  const name = `.${path.map(encodeLevel).join('.')}`
  if (Buffer.byteLength(name) <= maxNameBytes) return name
  const hash = createHash('sha256').update(JSON.stringify(path)).digest('hex').slice(0, 32)
  return `.gatepost-${hash}`
}

/** The levels in the name of a Maildir++ folder. What is not in modified UTF-7 is taken as it is. */
export function folderPath(name: string): string[] {
  return name
    .slice(1)
    .split('.')
    .filter((level) => level !== '')
    .map(decodeLevel)
}

function encodeLevel(level: string): string {
  return level.replaceAll(/&|[^\u0020-\u002d\u0030-\u007e]+/g, (piece) =>
    piece === '&' ? '&-' : `&${encodeShift(piece)}-`,
  )
}

export function decodeLevel(level: string): string {
  const decoded = level.replaceAll(/&([A-Za-z0-9+,]*)-/g, (whole, shift: string) =>
    shift === '' ? '&' : (decodeShift(shift) ?? whole),
  )
  return decoded.isWellFormed() ? decoded : level
}

function encodeShift(piece: string): string {
  return Buffer.from(piece, 'utf16le')
    .swap16()
    .toString('base64')
    .replaceAll('/', ',')
    .replace(/=+$/, '')
}

function decodeShift(shift: string): string | undefined {
  const bytes = Buffer.from(shift.replaceAll(',', '/'), 'base64')
  if (bytes.length === 0 || bytes.length % 2 !== 0) return undefined
  const piece = Buffer.from(bytes).swap16().toString('utf16le')
  return piece.isWellFormed() ? piece : undefined
}
