/** Longer texts go as literals, which clients read without a limit of line length. */
const maxQuotedLength = 1_000

/** Whether a text may stand between quotes: RFC 3501 lets any 7-bit character but CR, LF and NUL, we only what prints. */
export function isQuotable(text: string): boolean {
  return text.length <= maxQuotedLength && /^[\x20-\x7e]*$/.test(text)
}

/** A string of a response (RFC 3501 section 9 `string`): quoted, else a literal. The result has one character for each byte, like all that is written. */
export function quote(text: string): string {
  if (isQuotable(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
  const bytes = utf8Bytes(text)
  return `{${bytes.length}}\r\n${bytes}`
}

/** No string may have NUL (RFC 3501 section 9 `CHAR8`). */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}

/** The UTF-8 bytes of a text without NUL, one character for each. */
export function utf8Bytes(text: string): string {
  return Buffer.from(withoutNul(text), 'utf8').toString('latin1')
}
