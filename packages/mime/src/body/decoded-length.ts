import { base64Values } from './base64-values.ts'
import { transferDecoder } from './transfer-decoder.ts'

const equals = 61
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
  let length = 0
  let bits = 0
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0
    if ((base64Values[byte] ?? -1) >= 0) {
      bits += 6
      if (bits >= 8) {
        bits -= 8
        length++
      }
    } else if (byte === equals) bits = 0
  }
  return length
}
