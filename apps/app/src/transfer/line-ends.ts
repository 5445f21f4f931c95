const lf = 10
const cr = 13

/** Every line end becomes CRLF, as IMAP and SMTP need it; other programs keep mail with bare LF. */
export function withCrlf(content: Buffer): Buffer {
  const bare = countBareLf(content)
  if (bare === 0) return content
  const result = Buffer.allocUnsafe(content.length + bare)
  let to = 0
  let from = 0
  for (let at = content.indexOf(lf); at !== -1; at = content.indexOf(lf, at + 1)) {
    if (at > 0 && content[at - 1] === cr) continue
    to += content.copy(result, to, from, at)
    result[to] = cr
    to += 1
    from = at
  }
  content.copy(result, to, from)
  return result
}

/** Whether CRLF can become LF and back again without a trace. */
export function isCrlfThroughout(content: Buffer): boolean {
  return countBareLf(content) === 0 && !content.includes('\r\r\n')
}

export function withLf(content: Buffer): Buffer {
  const result = Buffer.allocUnsafe(content.length)
  let to = 0
  let from = 0
  for (let at = content.indexOf(lf); at !== -1; at = content.indexOf(lf, at + 1)) {
    const end = at > from && content[at - 1] === cr ? at - 1 : at
    to += content.copy(result, to, from, end)
    result[to] = lf
    to += 1
    from = at + 1
  }
  to += content.copy(result, to, from)
  return result.subarray(0, to)
}

function countBareLf(content: Buffer): number {
  let count = 0
  for (let at = content.indexOf(lf); at !== -1; at = content.indexOf(lf, at + 1))
    if (at === 0 || content[at - 1] !== cr) count += 1
  return count
}
