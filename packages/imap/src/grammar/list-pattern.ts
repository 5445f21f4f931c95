import { syntaxError } from './syntax-error.ts'

/** What follows the first wildcard; before it any length is compared at once. */
const maxWildLength = 500

const star = 42
const percent = 37
const slash = 47

/**
 * Whether a pattern of LIST matches a name (RFC 3501 section 6.3.8): `*` is anything, `%` anything without the separator.
 * INBOX is matched without regard to case. All ways to match are followed at once, so the work is at most
 * pattern length times name length, whatever the two are; `work` counts it.
 * @throws MailError invalid `imap.syntax`: the pattern is too long
 */
export function matchesPattern(
  pattern: string,
  name: string,
  work: { steps: number } = { steps: 0 },
): boolean {
  const wild = pattern.search(/[*%]/)
  const prefix = wild === -1 ? pattern : pattern.slice(0, wild)
  const rest = pattern.slice(prefix.length)
  if (rest.length > maxWildLength) throw syntaxError('The pattern is too long')
  const inboxLength = /^INBOX(?:\/|$)/.test(name) ? 5 : 0
  work.steps += prefix.length
  if (foldInbox(name.slice(0, prefix.length), inboxLength) !== foldInbox(prefix, inboxLength))
    return false
  if (rest === '') return name.length === prefix.length
  const foldedLength = Math.max(0, inboxLength - prefix.length)
  return matchesWild(rest, foldInbox(name.slice(prefix.length), foldedLength), {
    foldedLength,
    work,
  })
}

function foldInbox(text: string, length: number): string {
  return length === 0 ? text : text.slice(0, length).toLowerCase() + text.slice(length)
}

/** The set of places in the pattern that the name read so far can have led to, moved on with each of its characters. */
function matchesWild(
  pattern: string,
  name: string,
  options: { readonly foldedLength: number; readonly work: { steps: number } },
): boolean {
  let places = new Uint8Array(pattern.length + 1)
  let next = new Uint8Array(pattern.length + 1)
  places[0] = 1
  let low = 0
  for (let at = 0; at < name.length; at += 1) {
    const c = name.charCodeAt(at)
    const folds = at < options.foldedLength
    next.fill(0)
    let isAlive = false
    for (let i = low; i < pattern.length; i += 1) {
      options.work.steps += 1
      if (places[i] === 0) continue
      const p = pattern.charCodeAt(i)
      // A wildcard may stand for nothing.
      if (p === star || p === percent) places[i + 1] = 1
      if (p === star || (p === percent && c !== slash)) next[i] = 1
      else if (p === c || (folds && (p | 32) === c)) next[i + 1] = 1
      else continue
      isAlive = true
      // From a `*` on, whatever an earlier place could still match is matched from here too.
      if (p === star) low = i
    }
    if (!isAlive) return false
    ;[places, next] = [next, places]
  }
  while (low < pattern.length && places[low] === 0) low += 1
  for (let i = low; i < pattern.length; i += 1) {
    const p = pattern.charCodeAt(i)
    if (places[i] === 1 && (p === star || p === percent)) places[i + 1] = 1
  }
  return places[pattern.length] === 1
}
