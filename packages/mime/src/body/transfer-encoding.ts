import { hexPair } from '../header/encoded-words.ts'

/** Content-Transfer-Encoding undone (RFC 2045 section 6). Anything but base64 and quoted-printable is as it stands: the same memory, no copy. */
export function decodeTransfer(raw: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return decodeBase64(raw)
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(raw)
  return raw
}

export function isKnownEncoding(encoding: string): boolean {
  return /^(?:7bit|8bit|binary|base64|quoted-printable)$/.test(encoding)
}

/** Foreign characters are skipped (RFC 2045 section 6.8); base64 texts set one after another, each with its padding, are all read. */
function decodeBase64(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(Math.ceil((raw.length * 3) / 4))
  let length = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0
    const value = base64Values[byte] ?? -1
    if (value >= 0) {
      held = ((held << 6) | value) & 0xffffff
      bits += 6
      if (bits >= 8) {
        bits -= 8
        out[length++] = (held >> bits) & 0xff
      }
    } else if (byte === 61) bits = 0
  }
  return out.subarray(0, length)
}

const base64Values: Int8Array = base64Table()

function base64Table(): Int8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const table = new Int8Array(256).fill(-1)
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  return table
}

// RFC 2045 section 6.7; what is not an escape stays as written.
function decodeQuotedPrintable(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(raw.length)
  let length = 0
  // After the last byte that is not white space of this line: what follows is transport padding if the line ends.
  let solid = 0
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0
    if (byte === 61) {
      const hex = hexPair(raw[i + 1], raw[i + 2])
      const next = hex >= 0 ? i + 3 : afterSoftBreak(raw, i + 1)
      if (next !== -1) {
        if (hex >= 0) out[length++] = hex
        solid = length
        i = next - 1
        continue
      }
    }
    if (byte === 10) {
      const hasCr = raw[i - 1] === 13
      length = solid
      if (hasCr) out[length++] = 13
      out[length++] = 10
      solid = length
      continue
    }
    out[length++] = byte
    if (byte !== 32 && byte !== 9 && !(byte === 13 && raw[i + 1] === 10)) solid = length
  }
  return out.subarray(0, length)
}

/** After '=' come optional white space and a line end, or the end of the text: the index behind; otherwise -1. */
function afterSoftBreak(raw: Buffer, from: number): number {
  let pos = from
  while (raw[pos] === 32 || raw[pos] === 9) pos++
  if (raw[pos] === 13 && raw[pos + 1] === 10) return pos + 2
  if (raw[pos] === 10) return pos + 1
  return pos >= raw.length ? raw.length : -1
}
