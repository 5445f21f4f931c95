import { parseIp, type IpAddress } from '@gatepost/core'

/** What a PROXY protocol header says (HAProxy's proxy-protocol.txt, versions 1 and 2). */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string }
  /** `bytes`: the length of the header; what follows is the client's. */
  | {
      readonly kind: 'client'
      readonly bytes: number
      readonly address: IpAddress
      readonly port: number
    }
  /** LOCAL or UNKNOWN: the proxy speaks for itself, as in a health check. */
  | { readonly kind: 'local'; readonly bytes: number }

const v2Signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const v1Prefix = Buffer.from('PROXY ', 'latin1')
// The specification's own bound for version 1; for version 2 room for its TLVs, far below the 64 KiB that the length could say.
const v1MaxBytes = 107
const v2HeadBytes = 16
const v2MaxBytes = 4096

export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, v2Signature))
    return bytes.length < v2HeadBytes ? { kind: 'incomplete' } : parseV2(bytes)
  if (startsLike(bytes, v1Prefix)) return parseV1(bytes)
  return { kind: 'invalid', reason: 'no PROXY header' }
}

function startsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.subarray(0, length).equals(signature.subarray(0, length))
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, v1MaxBytes).indexOf('\r\n', 0, 'latin1')
  if (end === -1)
    return bytes.length >= v1MaxBytes
      ? { kind: 'invalid', reason: 'version 1 line too long' }
      : { kind: 'incomplete' }
  const [, protocol, source, , port, ...rest] = bytes.toString('latin1', 0, end).split(' ')
  if (protocol === 'UNKNOWN') return { kind: 'local', bytes: end + 2 }
  const address = parseIp(source ?? '')
  const isWhole =
    (protocol === 'TCP4' || protocol === 'TCP6') &&
    rest.length === 1 &&
    /^\d{1,5}$/.test(port ?? '')
  if (!isWhole || address === undefined)
    return { kind: 'invalid', reason: 'malformed version 1 line' }
  return { kind: 'client', bytes: end + 2, address, port: Number(port) }
}

function parseV2(bytes: Buffer): ProxyHeader {
  const [versionAndCommand, familyAndTransport] = [bytes.readUInt8(12), bytes.readUInt8(13)]
  const length = v2HeadBytes + bytes.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2) return { kind: 'invalid', reason: 'not version 2' }
  if (length > v2MaxBytes) return { kind: 'invalid', reason: 'version 2 header too long' }
  if (bytes.length < length) return { kind: 'incomplete' }
  const command = versionAndCommand & 15
  if (command === 0) return { kind: 'local', bytes: length }
  if (command !== 1) return { kind: 'invalid', reason: 'unknown version 2 command' }
  const family = familyAndTransport >> 4
  // AF_UNIX and AF_UNSPEC carry no address that we could judge.
  if (family !== 1 && family !== 2) return { kind: 'local', bytes: length }
  const width = family === 1 ? 4 : 16
  if (length < v2HeadBytes + 2 * width + 4)
    return { kind: 'invalid', reason: 'version 2 addresses cut short' }
  const address = addressOf(bytes.subarray(v2HeadBytes, v2HeadBytes + width))
  if (address === undefined) return { kind: 'invalid', reason: 'version 2 address unreadable' }
  return {
    kind: 'client',
    bytes: length,
    address,
    port: bytes.readUInt16BE(v2HeadBytes + 2 * width),
  }
}

function addressOf(raw: Buffer): IpAddress | undefined {
  if (raw.length === 4) return parseIp(raw.join('.'))
  const groups = Array.from({ length: 8 }, (_, index) => raw.readUInt16BE(index * 2).toString(16))
  return parseIp(groups.join(':'))
}
