import { transferDecoder } from './transfer-decoder.ts'

/** Content-Transfer-Encoding undone (RFC 2045 section 6). Anything but base64 and quoted-printable is as it stands: the same memory, no copy. */
export function decodeTransfer(raw: Buffer, encoding: string): Buffer {
  const decoder = transferDecoder(encoding)
  const octets = decoder.write(raw)
  const rest = decoder.end()
  return rest.length === 0 ? octets : Buffer.concat([octets, rest])
}

export function isKnownEncoding(encoding: string): boolean {
  return /^(?:7bit|8bit|binary|base64|quoted-printable)$/.test(encoding)
}
