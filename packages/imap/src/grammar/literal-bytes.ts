const substitute = 0x80

/** Bytes as a literal may have them: RFC 3501 section 9 (`CHAR8`) has no NUL. 0x80 stands for it, as in other servers, so that lengths and offsets stay. */
export function literalBytes(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes
  return Buffer.from(bytes.map((byte) => (byte === 0 ? substitute : byte)))
}
