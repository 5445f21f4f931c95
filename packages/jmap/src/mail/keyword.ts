/** RFC 8621 section 4.1.1: what IMAP takes as a flag keyword. */
const keyword = /^[\x21\x23-\x24\x26-\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]{1,255}$/

export function isKeyword(text: unknown): text is string {
  return typeof text === 'string' && keyword.test(text)
}
