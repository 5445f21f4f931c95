import { describe, expect, it } from 'vitest'

import { defaultLimits } from '../limits.ts'
import { EntityReader } from './entity-reader.ts'

const mixed = 'Content-Type: multipart/mixed; boundary=a\r\n\r\n'
const nested = Array.from(
  { length: 30 },
  (_, at) =>
    `Content-Type: multipart/mixed; boundary=${'a'.repeat(at + 1)}\r\n\r\n--${'a'.repeat(at + 1)}\r\n`,
).join('')

/** Bytes that the scanner looks at. */
function stepsOf(head: string, piece: string, times: number): number {
  const reader = new EntityReader(Buffer.from(head + piece.repeat(times)), defaultLimits)
  reader.readMessage('', 0)
  return reader.scanner.steps
}

// 30 MB of empty parts held the writer for 4.6 s: each of their boundary lines was looked up.
describe('the bytes looked at grow with the message and with nothing else', () => {
  it.each([
    ['empty parts', mixed, '--a\r\n\r\n'],
    ['closing boundary lines', mixed, '--a--\r\n'],
    ['lines that are nearly boundaries', mixed.replace('=a', '=ab'), '--ac\r\n'],
    ['boundaries with text behind', mixed, `--a${'b'.repeat(500)}\r\n`],
    ['boundary lines with white space behind', mixed, `--a${' '.repeat(500)}\r\n`],
    ['boundaries that begin alike', nested, `--${'a'.repeat(40)}\r\n`],
    ['nested messages', '', 'Content-Type: message/rfc822\r\n\r\n'],
    ['header fields', '', 'a:\r\n'],
    ['folded lines', 'a: b\r\n', ' \r\n'],
  ])('%s', (_name, head, piece) => {
    const times = 20_000
    const bytes = head.length + piece.length * times
    expect(stepsOf(head, piece, times)).toBeLessThanOrEqual(2 * bytes)
    const more = stepsOf(head, piece, 4 * times)
    expect(more).toBeLessThanOrEqual(4.1 * stepsOf(head, piece, times))
  })

  it('no boundary line is looked up behind the last part that is read', () => {
    const empty = '--a\r\n\r\n'
    const first = stepsOf(mixed, empty, defaultLimits.maxParts)
    const all = stepsOf(mixed, empty, 50 * defaultLimits.maxParts)
    expect(all - first).toBe(empty.length * 49 * defaultLimits.maxParts)
  })
})

describe('what is beyond the last part that is read', () => {
  it('belongs to no part, and every part keeps its bytes', () => {
    const text = `${mixed}${'--a\r\n\r\none\r\n'.repeat(2_000)}--a--\r\n`
    const reader = new EntityReader(Buffer.from(text), defaultLimits)
    const { root } = reader.readMessage('', 0)
    expect(reader.isTruncated).toBe(true)
    expect(root.parts).toHaveLength(999)
    expect(root.bodyEnd).toBe(text.length)
    for (const { bodyStart, bodyEnd, lines } of root.parts)
      expect([text.slice(bodyStart, bodyEnd), lines]).toEqual(['one', 1])
  })
})
