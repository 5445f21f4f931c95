import { isUtf8 } from 'node:buffer'

export type JsonText =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'notJson' }
  | { readonly kind: 'tooDeep' }

/**
 * JSON in UTF-8, as I-JSON wants it (RFC 7493 section 2): no byte order mark, no lone surrogates. The depth is counted before anything is built.
 * Doubled names are not refused: the last one counts.
 */
export function parseJson(bytes: Buffer, maxDepth: number): JsonText {
  if (!isUtf8(bytes)) return { kind: 'notJson' }
  if (isDeeper(bytes, maxDepth)) return { kind: 'tooDeep' }
  try {
    const text = bytes.toString('utf8')
    const value: unknown = JSON.parse(text)
    // An escape can make what UTF-8 can not.
    return text.includes('\\u') && !isWellFormed(value)
      ? { kind: 'notJson' }
      : { kind: 'value', value }
  } catch {
    return { kind: 'notJson' }
  }
}

const quote = 0x22
const backslash = 0x5c

function isDeeper(bytes: Buffer, maxDepth: number): boolean {
  let depth = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isInString) {
      if (byte === backslash) i++
      else if (byte === quote) isInString = false
    } else if (byte === quote) isInString = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth++
      if (depth > maxDepth) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWellFormed(inner))
}
