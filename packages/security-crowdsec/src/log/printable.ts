// What a terminal or a log reader may take for a command, a line end or another direction of text; and what JSON escapes: a line without
// escapes means the same to those who decode it and to those who do not (release 1.4.6 of the engine).
const unsafe = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const cutMark = '...'

/** What a client sent, as it may stand in a log: characters of no consequence, cut to `maxBytes` of UTF-8. */
export function printable(text: string, maxBytes: number): string {
  // No character takes less than a byte: what is behind cannot fit.
  const head = text
    .slice(0, maxBytes + 1)
    .toWellFormed()
    .replaceAll(unsafe, '\ufffd')
  const bytes = Buffer.from(head)
  if (bytes.length <= maxBytes) return head
  // A character that the cut goes through is left out.
  const room = maxBytes - cutMark.length
  return bytes.toString('utf8', 0, startOfCharacter(bytes, room)) + cutMark
}

function startOfCharacter(bytes: Buffer, at: number): number {
  let start = at
  while (start > 0 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start -= 1
  return start
}
