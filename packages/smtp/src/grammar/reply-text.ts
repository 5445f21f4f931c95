/** The enhanced status code of a reply (RFC 3463), or the general one of its class. */
export function enhancedCodeOf(reply: string): string {
  const found = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(reply)?.[1]
  return found ?? `${/^[245]/.exec(reply)?.[0] ?? '4'}.0.0`
}

/** A reply as one printable line of ASCII, at most 500 characters, for logs and reports. The code stands once, however many lines it had. */
export function oneLine(reply: string): string {
  return reply
    .slice(0, 4000)
    .replace(/^(\d{3})-/, '$1 ')
    .replaceAll(/[\r\n]+\d{3}(?:[ -](?:[245]\.\d{1,3}\.\d{1,3}(?: |$))?|$)/gm, ' ')
    .replaceAll(/[\x00-\x20\x7f]+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, 500)
}
