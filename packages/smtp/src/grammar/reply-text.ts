/** The enhanced status code of a reply (RFC 3463), or the general one of its class. */
export function enhancedCodeOf(reply: string): string {
  const found = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(reply)?.[1]
  return found ?? `${/^[245]/.exec(reply)?.[0] ?? '4'}.0.0`
}

/** A reply as one printable line of at most 500 characters, for logs and reports. */
export function oneLine(reply: string): string {
  return reply
    .replaceAll(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim()
    .slice(0, 500)
}
