/**
 * The value of a parameter, with `+XX` as the character it stands for (RFC 3461 section 4). Undefined with controls or bytes that are no UTF-8, written
 * out or encoded: values go into reports, replies and logs.
 */
export function decodeXtext(text: string): string | undefined {
  const value = text.replaceAll(/\+([0-9A-F]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]/.test(value) ? undefined : value
}
