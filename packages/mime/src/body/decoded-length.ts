import { base64Values } from './base64-values.ts'
import { transferDecoder } from './transfer-decoder.ts'

const equals = 61
/** By octet: 1 for a letter of base64. */
const isDigit = Uint8Array.from(base64Values, (value) => (value < 0 ? 0 : 1))
/** Decoded at once. */
const pieceBytes = 131_072

/** The octets that a body decodes to, as `transferDecoder` decodes it, without keeping them. */
export function decodedLength(raw: Buffer, encoding: string): number {
  if (encoding === 'base64') return base64Length(raw)
  const decoder = transferDecoder(encoding)
  let length = 0
  for (let at = 0; at < raw.length; at += pieceBytes)
    length += decoder.write(raw.subarray(at, at + pieceBytes)).length
  return length + decoder.end().length
}

function base64Length(raw: Buffer): number {
  // Padding stands at the end: up to there one look at each octet is enough.
  const padding = raw.indexOf(equals)
  const end = padding === -1 ? raw.length : padding
  let digits = 0
  for (let at = 0; at < end; at++) digits += isDigit[raw[at] ?? 0] ?? 0
  let length = 0
  for (let at = end; at < raw.length; at++) {
    const byte = raw[at] ?? 0
    if (byte === equals) {
      length += octetsOf(digits)
      digits = 0
    } else digits += isDigit[byte] ?? 0
  }
  return length + octetsOf(digits)
}

function octetsOf(digits: number): number {
  return Math.floor((digits * 6) / 8)
}
