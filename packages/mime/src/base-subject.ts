/**
 * The subject without reply and forward marks, for threads and sorting (RFC 5256 section 2.1). Takes a decoded subject; case is kept.
 * Works on two indices that only move inward, so no subject is read more than a few times.
 */
export function baseSubject(subject: string): string {
  // Step 1
  const text = subject.replace(/\s+/g, ' ')
  let start = 0
  let end = text.length
  for (;;) {
    end = withoutTrailer(text, start, end)
    start = withoutLeader(text, start, end)
    // Step 6
    if (!hasForwardBrackets(text, start, end)) break
    start += 5
    end--
  }
  return text.slice(start, end)
}

// Step 2: subj-trailer
function withoutTrailer(text: string, start: number, from: number): number {
  let end = from
  for (;;) {
    if (end > start && text.charAt(end - 1) === ' ') end--
    else if (end - start >= 5 && text.slice(end - 5, end).toLowerCase() === '(fwd)') end -= 5
    else return end
  }
}

// Steps 3 to 5: subj-leader, then subj-blob as long as something remains
function withoutLeader(text: string, from: number, end: number): number {
  let start = from
  for (;;) {
    while (start < end && text.charAt(start) === ' ') start++
    // A run of blobs is read once: either a reply mark follows it, or its blobs go one by one.
    let last = start
    let pos = start
    for (let next = afterBlob(text, pos, end); next !== -1; next = afterBlob(text, pos, end)) {
      last = pos
      pos = next
    }
    const mark = afterReplyMark(text, pos, end)
    if (mark === -1) return pos < end ? pos : last
    start = mark
  }
}

/** subj-blob = "[" *BLOBCHAR "]" *WSP; index behind, or -1. */
function afterBlob(text: string, start: number, end: number): number {
  if (text.charAt(start) !== '[') return -1
  for (let pos = start + 1; pos < end; pos++) {
    const c = text.charAt(pos)
    if (c === '[') return -1
    if (c === ']') return skipSpace(text, pos + 1, end)
  }
  return -1
}

/** subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"; index behind, or -1. */
function afterReplyMark(text: string, start: number, end: number): number {
  const word = /^(?:re|fwd?)/i.exec(text.slice(start, Math.min(start + 3, end)))?.[0]
  if (word === undefined) return -1
  let pos = skipSpace(text, start + word.length, end)
  const blob = afterBlob(text, pos, end)
  if (blob !== -1) pos = blob
  return pos < end && text.charAt(pos) === ':' ? pos + 1 : -1
}

function hasForwardBrackets(text: string, start: number, end: number): boolean {
  return (
    end - start >= 6 &&
    text.charAt(end - 1) === ']' &&
    text.slice(start, start + 5).toLowerCase() === '[fwd:'
  )
}

function skipSpace(text: string, from: number, end: number): number {
  let pos = from
  while (pos < end && text.charAt(pos) === ' ') pos++
  return pos
}
