import { decodeCharset } from '../body/charset.ts'
import { hexPair } from './encoded-words.ts'

/** A value with parameters: Content-Type, Content-Disposition (RFC 2045 section 5.1, RFC 2183). */
export interface ParameterizedValue {
  /** Lower case, comments removed. */
  readonly value: string
  /** Names lower case; of two alike the first counts; RFC 2231 decoded and joined. */
  readonly params: Readonly<Record<string, string>>
  readonly isTruncated: boolean
}

interface Segment {
  readonly index: number
  readonly isExtended: boolean
  readonly value: string
}

export function parseParameterized(text: string, maxParams: number): ParameterizedValue {
  const head = readToken(text, 0)
  let pos = head.end
  const params: Record<string, string> = {}
  const segments = new Map<string, Segment[]>()
  let count = 0
  while (pos < text.length && count < maxParams) {
    pos++ // the semicolon
    const equals = nextOf(text, pos)
    if (text.charAt(equals) !== '=') {
      pos = equals
      continue
    }
    const name = text.slice(pos, equals).trim().toLowerCase()
    const token = readToken(text, equals + 1)
    pos = token.end
    count++
    keep(name, token.value, { params, segments })
  }
  for (const [name, list] of segments) params[name] = joinSegments(list)
  return {
    value: head.value.toLowerCase(),
    params,
    isTruncated: pos < text.length,
  }
}

function keep(
  name: string,
  value: string,
  into: { params: Record<string, string>; segments: Map<string, Segment[]> },
): void {
  // The one name that is no ordinary property.
  if (name === '' || name.startsWith('__proto__')) return
  // RFC 2231 sections 3 and 4: name*, name*0, name*0*
  const match = name.includes('*') ? /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/.exec(name) : null
  const base = match?.[1]
  if (match === null || base === undefined) {
    if (!Object.hasOwn(into.params, name)) into.params[name] = value
    return
  }
  const segment = { index: Number(match[2] ?? 0), isExtended: match[3] === '*', value }
  const list = into.segments.get(base)
  if (list === undefined) into.segments.set(base, [segment])
  else list.push(segment)
}

/** RFC 2231: sections in order of their number up to the first gap; extended ones are percent-encoded bytes of the first one's charset. */
function joinSegments(list: readonly Segment[]): string {
  const ordered = list.toSorted((a, b) => a.index - b.index)
  let charset: string | undefined
  let text = ''
  let bytes: Buffer[] = []
  let expected = 0
  for (const segment of ordered) {
    if (segment.index < expected) continue
    if (segment.index > expected) break
    expected++
    let value = segment.value
    if (!segment.isExtended) {
      text += decodeCharset(Buffer.concat(bytes), charset ?? 'utf-8').text + value
      bytes = []
      continue
    }
    if (segment.index === 0) {
      const parts = /^([^']*)'[^']*'/.exec(value)
      charset = parts?.[1]
      value = value.slice(parts?.[0].length ?? 0)
    }
    bytes.push(percentBytes(value))
  }
  return text + decodeCharset(Buffer.concat(bytes), charset ?? 'utf-8').text
}

function percentBytes(value: string): Buffer {
  const raw = Buffer.from(value, 'utf8')
  let length = 0
  for (let i = 0; i < raw.length; i++) {
    const hex = raw[i] === 37 ? hexPair(raw[i + 1], raw[i + 2]) : -1
    raw[length++] = hex >= 0 ? hex : (raw[i] ?? 0)
    if (hex >= 0) i += 2
  }
  return raw.subarray(0, length)
}

/** Index of the next '=' or ';', or the end. */
function nextOf(text: string, from: number): number {
  let pos = from
  while (pos < text.length && text.charAt(pos) !== '=' && text.charAt(pos) !== ';') pos++
  return pos
}

/** A value up to its semicolon: quoted string, or a token that may wrongly hold spaces; comments are skipped. `end` is at the semicolon. */
function readToken(text: string, from: number): { value: string; end: number } {
  let value = ''
  let isBlank = true
  let pos = from
  while (pos < text.length) {
    const c = text.charAt(pos)
    if (c === ';') break
    if (c === '"' && isBlank) {
      const quoted = readQuoted(text, pos)
      const semicolon = text.indexOf(';', quoted.end)
      return { value: quoted.value, end: semicolon === -1 ? text.length : semicolon }
    }
    if (c === '(') {
      pos = skipComment(text, pos)
      continue
    }
    const start = pos
    do pos++
    while (pos < text.length && !isStop(text.charCodeAt(pos)))
    const piece = text.slice(start, pos)
    if (isBlank && piece.trim() === '') continue
    isBlank = false
    value += piece
  }
  return { value: value.trim(), end: pos }
}

// ; " (
function isStop(code: number): boolean {
  return code === 59 || code === 34 || code === 40
}

/** The quoted string that starts at `at`; without a closing quote it ends with the text (RFC 5322 section 3.2.4). */
export function readQuoted(text: string, at: number): { value: string; end: number } {
  let value = ''
  let pos = at + 1
  let copied = pos
  while (pos < text.length) {
    const code = text.charCodeAt(pos)
    if (code === 34) return { value: value + text.slice(copied, pos), end: pos + 1 }
    if (code === 92 && pos + 1 < text.length) {
      value += text.slice(copied, pos)
      copied = pos + 1
      pos++
    }
    pos++
  }
  return { value: value + text.slice(copied), end: text.length }
}

/** Index after the comment that starts at `at`: counted, not recursed, so nesting costs nothing (RFC 5322 section 3.2.2). */
export function skipComment(text: string, at: number): number {
  let depth = 0
  let pos = at
  for (; pos < text.length; pos++) {
    const code = text.charCodeAt(pos)
    if (code === 92) pos++
    else if (code === 40) depth++
    else if (code === 41 && --depth === 0) return pos + 1
  }
  return text.length
}
