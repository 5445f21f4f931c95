/** The enhanced status code of a reply (RFC 3463), or the general one of its class. */
export function enhancedCodeOf(reply: string): string {
  const found = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(reply)?.[1]
  return found ?? `${/^[245]/.exec(reply)?.[0] ?? '4'}.0.0`
}

const maxReplyLength = 500

/** A reply as one printable line of ASCII, at most 500 characters: for logs. */
export function oneLine(reply: string): string {
  return printable(reply.slice(0, 4 * maxReplyLength)).slice(0, maxReplyLength)
}

/** A reply as lines of printable ASCII with LF between them, each with its code, at most 500 characters: for reports (RFC 3461 section 9.2). */
export function replyLines(reply: string): string {
  return reply
    .slice(0, 4 * maxReplyLength)
    .split(/[\r\n]+/)
    .map(printable)
    .filter((line) => line !== '')
    .join('\n')
    .slice(0, maxReplyLength)
}

function printable(text: string): string {
  return text
    .replaceAll(/[\x00-\x20\x7f]+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim()
}
