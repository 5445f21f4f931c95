const carriageReturn = 13
const lineFeed = 10

/**
 * Offset of the first CR or LF that is not part of CRLF, or -1. Such bytes are how a message is smuggled inside another
 * (RFC 5321 section 2.3.8 forbids them).
 */
export function findBareLineEnding(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1))
    if (bytes[at - 1] !== carriageReturn) return at
  for (
    let at = bytes.indexOf(carriageReturn);
    at !== -1;
    at = bytes.indexOf(carriageReturn, at + 1)
  )
    if (bytes[at + 1] !== lineFeed) return at
  return -1
}
