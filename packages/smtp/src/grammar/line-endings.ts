/** A bare CR or LF that plays the end of a message, or has a command right behind it (the dot is gone where it was taken for stuffing). */
const fakeEnd =
  /(?:(?<!\r)\n|\r(?!\n))(?:\.(?:[\r\n]|$)|mail from:|rcpt to:|(?:ehlo|helo) |(?:rset|data)[\r\n])/i
// More than an attacker needs to hide in, and not long to look through.
const windowBytes = 65_536

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

/**
 * Whether the message was made to be taken for two (SMTP smuggling, CVE-2023-51764 and its like), and not just written by a program that does not
 * know CRLF. `bare` is what `findBareLineEnding` found.
 */
export function looksLikeSmuggling(bytes: Buffer, bare: number): boolean {
  return fakeEnd.test(bytes.toString('latin1', Math.max(0, bare - 1), bare + windowBytes))
}
