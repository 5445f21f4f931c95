import { decodeBody, indexMessage } from '@gatepost/mime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Section } from './fetch-section.ts'
import { parseSection } from './fetch-section.ts'
import { isPlain, type Partial, rawRange, sectionBytes, sectionSource } from './section-bytes.ts'

function sectionOf(text: string): Section {
  const [, head = '', fields] = /^([^ ]*)(?: \((.*)\))?$/.exec(text) ?? []
  if (head === '') return parseSection([])
  const atom = { kind: 'atom', text: head } as const
  if (fields === undefined) return parseSection([atom])
  const items = fields.split(' ').map((name) => ({ kind: 'string', text: name }) as const)
  return parseSection([atom, { kind: 'list', items }])
}

function body(raw: string, section: string, partial: Partial = null): string | undefined {
  const message = Buffer.from(raw, 'latin1')
  const source = sectionSource(indexMessage(message), sectionOf(section))
  if (source === undefined) return undefined
  const { start, end } = rawRange(source, partial)
  return sectionBytes(source, {
    raw: message.subarray(start, end),
    partial,
    decoded: (part) => decodeBody(message, part),
  }).toString('latin1')
}

const plainHeader =
  'From: a@example.test\r\nsubject: one\r\n\ttwo\r\nno field\r\nTo: b\r\nSubject : three\r\n\r\n'
const plain = `${plainHeader}text\r\n`

describe('a message that is not multipart', () => {
  it.each([
    ['', plain],
    ['HEADER', plainHeader],
    ['TEXT', 'text\r\n'],
    // RFC 3501 section 6.4.5: every message has a part 1.
    ['1', 'text\r\n'],
    ['1.MIME', plainHeader],
    ['2', undefined],
    ['1.1', undefined],
    ['1.HEADER', undefined],
    ['1.TEXT', undefined],
    ['1.HEADER.FIELDS (From)', undefined],
    [
      'HEADER.FIELDS (SUBJECT From)',
      'From: a@example.test\r\nsubject: one\r\n\ttwo\r\nSubject : three\r\n\r\n',
    ],
    ['HEADER.FIELDS (Cc)', '\r\n'],
    ['HEADER.FIELDS.NOT (subject FROM)', 'no field\r\nTo: b\r\n\r\n'],
    ['HEADER.FIELDS.NOT (Cc)', plainHeader],
  ])('has %j', (section, expected) => {
    expect(body(plain, section)).toBe(expected)
  })

  it('keeps bytes that are no UTF-8, and line ends as they are', () => {
    const header = 'X: \u00ff\u00e9\nY: a\rb\n\n'
    expect(body(`${header}\u0080`, 'HEADER')).toBe(header)
    expect(body(`${header}\u0080`, 'HEADER.FIELDS (x)')).toBe('X: \u00ff\u00e9\n\r\n')
    expect(body(`${header}\u0080`, 'TEXT')).toBe('\u0080')
  })

  it('ends the fields of a header that the end of the message cut', () => {
    expect(body('A: 1\r\nB: 2', 'HEADER')).toBe('A: 1\r\nB: 2')
    expect(body('A: 1\r\nB: 2', 'HEADER.FIELDS (B)')).toBe('B: 2\r\n\r\n')
    expect(body('A: 1\r\nB: 2', 'HEADER.FIELDS (A)')).toBe('A: 1\r\n\r\n')
    expect(body('A: 1\r\nB: 2', 'TEXT')).toBe('')
    expect(body('', '')).toBe('')
    expect(body('', 'HEADER.FIELDS (A)')).toBe('\r\n')
  })
})

const innerHeader =
  'Subject: inner\r\nTo: c\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n'
const innerText =
  '--in\r\nContent-Type: text/plain\r\n\r\none\r\n--in\r\n\r\ntwo\r\n--in--\r\nepilogue\r\n'
const outerText = [
  'preamble\r\n',
  '--out\r\nContent-Type: text/plain\r\nX-A: 1\r\n\r\nfirst\r\n',
  `--out\r\nContent-Type: message/rfc822\r\n\r\n${innerHeader}${innerText}\r\n`,
  '--out--\r\nepilogue\r\n',
].join('')
const outerHeader = 'Subject: outer\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n'
const outer = outerHeader + outerText

it.each([
  ['', outer],
  ['HEADER', outerHeader],
  ['TEXT', outerText],
  ['1', 'first'],
  ['1.MIME', 'Content-Type: text/plain\r\nX-A: 1\r\n\r\n'],
  ['1.HEADER', undefined],
  ['2', innerHeader + innerText],
  ['2.MIME', 'Content-Type: message/rfc822\r\n\r\n'],
  ['2.HEADER', innerHeader],
  ['2.TEXT', innerText],
  ['2.HEADER.FIELDS (to)', 'To: c\r\n\r\n'],
  [
    '2.HEADER.FIELDS.NOT (to)',
    'Subject: inner\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n',
  ],
  ['2.1', 'one'],
  ['2.1.MIME', 'Content-Type: text/plain\r\n\r\n'],
  ['2.2', 'two'],
  ['2.2.MIME', '\r\n'],
  ['2.3', undefined],
  ['3', undefined],
  ['2.1.1', undefined],
])('of parts in a message in a multipart has %j', (section, expected) => {
  expect(body(outer, section)).toBe(expected)
})

it('reads no more of an endless header than it needs to', () => {
  const raw = `A: 1\r\n${'B: xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n'.repeat(40_000)}C: 3\r\n\r\nbody`
  const source = sectionSource(indexMessage(Buffer.from(raw)), sectionOf('HEADER.FIELDS (A C)'))
  expect(source && rawRange(source, null)).toEqual({ start: 0, end: 1_048_576 })
  expect(body(raw, 'HEADER.FIELDS (A C)')).toBe('A: 1\r\n\r\n')
})

describe('a part of a value', () => {
  it.each([
    [0, 5, '01234'],
    [8, 5, '89'],
    [10, 5, ''],
    [4_294_967_295, 4_294_967_295, ''],
  ])('is cut at <%d.%d>', (start, count, text) => {
    expect(body('X: Y\r\n\r\n0123456789', 'TEXT', { start, count })).toBe(text)
    const fields = `0: ${'x'.repeat(5)}\r\n`
    expect(body(`${fields}\r\n`, 'HEADER.FIELDS (0)', { start, count })).toBe(
      `${fields}\r\n`.slice(start, start + count),
    )
  })

  it('is all that is read of a plain one', () => {
    const source = sectionSource(indexMessage(Buffer.from('\r\n0123456789')), sectionOf('TEXT'))
    if (source === undefined) throw new Error('no text')
    expect(isPlain(source)).toBe(true)
    expect(rawRange(source, { start: 8, count: 5 })).toEqual({ start: 10, end: 12 })
  })
})

function sorted(text: string): string {
  return text
    .replace(/[\r\n]+/g, '')
    .split('')
    .toSorted()
    .join('')
}

it('is byte-exact for every message: header and text are all of it, and fields named and not named all of the header', () => {
  const line = fc.constantFrom(
    'A: 1\r\n',
    'B: 2\n',
    ' folded\r\n',
    'no field\r\n',
    '\r\n',
    '\r',
    'x',
    '--b\r\n',
    '--b--\n',
    'Content-Type: multipart/mixed; boundary=b\r\n',
    'Content-Type: message/rfc822\r\n',
    '\u00ff',
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
      const raw = lines.join('')
      const header = body(raw, 'HEADER') ?? ''
      expect(body(raw, '')).toBe(raw)
      expect(header + (body(raw, 'TEXT') ?? '')).toBe(raw)
      const named = body(raw, 'HEADER.FIELDS (a b)') ?? ''
      const others = body(raw, 'HEADER.FIELDS.NOT (a b)') ?? ''
      expect(sorted(named + others)).toBe(sorted(header))
      expect(named.endsWith('\r\n')).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

// It was application/octet-stream, and had no sections.
describe('a message in base64', () => {
  const inner =
    'Subject: deep\r\nTo: a@b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nX-Y: z\r\n\r\none\r\n--i--'
  const encoded = Buffer.from(inner).toString('base64')
  const message = `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${encoded}`
  it.each([
    ['1', encoded],
    ['1.HEADER', inner.slice(0, inner.indexOf('--i'))],
    ['1.HEADER.FIELDS (Subject)', 'Subject: deep\r\n\r\n'],
    ['1.TEXT', inner.slice(inner.indexOf('--i'))],
    ['1.1', 'one'],
    ['1.1.MIME', 'X-Y: z\r\n\r\n'],
    ['1.2', undefined],
    ['1.1.HEADER', undefined],
  ])('has %j', (section, expected) => {
    expect(body(message, section)).toBe(expected)
  })
})
