/**
 * Modified UTF-7 (RFC 3501 section 5.1.3): printable ASCII stands for itself, `&` is `&-`, everything else is UTF-16 in a base64 of its own.
 * Undefined for what is not written in the one way the RFC allows: two spellings of a name would be two mailboxes.
 */
export function decodeUtf7(text: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(text)) return undefined
  if (!text.includes('&')) return text
  let name = ''
  let at = 0
  let isAfterShift = false
  while (at < text.length) {
    const shift = text.indexOf('&', at)
    if (shift === -1) return name + text.slice(at)
    const end = text.indexOf('-', shift)
    if (end === -1) return undefined
    name += text.slice(at, shift)
    if (end === shift + 1) {
      name += '&'
      isAfterShift = false
    } else {
      // `&...-&...-` could have been one.
      const piece =
        isAfterShift && shift === at ? undefined : decodeShift(text.slice(shift + 1, end))
      if (piece === undefined) return undefined
      name += piece
      isAfterShift = true
    }
    at = end + 1
  }
  return name
}

export function encodeUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (piece) =>
    piece === '&' ? '&-' : `&${encodeShift(piece)}-`,
  )
}

function decodeShift(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+,]+$/.test(base64)) return undefined
  const bytes = Buffer.from(base64.replaceAll(',', '/'), 'base64')
  if (bytes.length % 2 !== 0) return undefined
  const piece = bytes.swap16().toString('utf16le')
  const isProper = piece.isWellFormed() && !/[\x20-\x7e]/.test(piece)
  // Writing it again finds padding bits that are not zero.
  return isProper && encodeShift(piece) === base64 ? piece : undefined
}

function encodeShift(piece: string): string {
  return Buffer.from(piece, 'utf16le')
    .swap16()
    .toString('base64')
    .replaceAll('/', ',')
    .replace(/=+$/, '')
}
