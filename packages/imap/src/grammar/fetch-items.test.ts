import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { arbitraryArgument, isParsed } from '../../test/arbitrary-argument.ts'
import type { Argument } from './argument.ts'
import { parseFetch, type FetchRequest } from './fetch-items.ts'
import { parseSection } from './fetch-section.ts'
import { parseCommand } from './parse-command.ts'

function fetch(text: string): FetchRequest {
  return parseFetch(parseCommand(`a FETCH 1 ${text}`, []).args.slice(1))
}
const items = (count: number): Argument => ({
  kind: 'list',
  items: Array.from({ length: count }, () => ({ kind: 'atom', text: 'UID' })),
})
const fields = (text: string): Argument => ({ kind: 'list', items: [{ kind: 'string', text }] })
const labels = (request: FetchRequest): string[] => request.items.map((item) => item.label)

it.each([
  ['FAST', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'], false],
  ['all', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'], false],
  ['FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'], false],
  ['FLAGS', ['FLAGS'], false],
  ['(uid flags UID)', ['UID', 'FLAGS'], false],
  [
    '(MODSEQ EMAILID THREADID BODYSTRUCTURE)',
    ['MODSEQ', 'EMAILID', 'THREADID', 'BODYSTRUCTURE'],
    false,
  ],
  ['PREVIEW', ['PREVIEW'], false],
  ['PREVIEW (LAZY)', ['PREVIEW'], false],
  ['(PREVIEW (LAZY) UID)', ['PREVIEW', 'UID'], false],
  ['RFC822', ['RFC822'], true],
  ['RFC822.HEADER', ['RFC822.HEADER'], false],
  ['RFC822.TEXT', ['RFC822.TEXT'], true],
  ['BODY[]', ['BODY[]'], true],
  ['BODY.PEEK[]', ['BODY[]'], false],
  ['body.peek[header]', ['BODY[HEADER]'], false],
  ['(BODY.PEEK[] BODY[TEXT])', ['BODY[]', 'BODY[TEXT]'], true],
  ['BODY[1.2.MIME]<0.100>', ['BODY[1.2.MIME]<0>'], true],
  ['BODY[4.1.header.fields.not (To)]<7.1>', ['BODY[4.1.HEADER.FIELDS.NOT (To)]<7>'], true],
  [
    'BODY.PEEK[HEADER.FIELDS (From "To" "X Y" "a]b" "q\\"\\\\" NIL)]',
    ['BODY[HEADER.FIELDS (From To "X Y" "a]b" "q\\"\\\\" "NIL")]'],
    false,
  ],
])('reads %s', (text, expected, marksSeen) => {
  const request = fetch(text)
  expect(labels(request)).toEqual(expected)
  expect(request).toMatchObject({ marksSeen, changedSince: null })
})

it('keeps section and partial for the one that reads the bytes', () => {
  expect(fetch('BODY[2.HEADER.FIELDS (From)]<5.10>').items).toEqual([
    {
      kind: 'section',
      label: 'BODY[2.HEADER.FIELDS (From)]<5>',
      section: { part: '2', what: 'HEADER.FIELDS', fields: ['From'] },
      partial: { start: 5, count: 10 },
    },
  ])
  expect(fetch('RFC822.TEXT').items).toEqual([
    {
      kind: 'section',
      label: 'RFC822.TEXT',
      section: { part: '', what: 'TEXT', fields: [] },
      partial: null,
    },
  ])
})

describe('CHANGEDSINCE', () => {
  it.each([
    ['FLAGS (CHANGEDSINCE 12345)', 12_345, ['FLAGS', 'MODSEQ']],
    ['(UID MODSEQ) (changedsince 5)', 5, ['UID', 'MODSEQ']],
    ['PREVIEW (LAZY) (CHANGEDSINCE 5)', 5, ['PREVIEW', 'MODSEQ']],
    ['ALL (CHANGEDSINCE 0)', 0, ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'MODSEQ']],
    ['FLAGS (CHANGEDSINCE 9223372036854775807)', Number.MAX_SAFE_INTEGER, ['FLAGS', 'MODSEQ']],
  ])('reads %s', (text, changedSince, expected) => {
    expect(fetch(text).changedSince).toBe(changedSince)
    expect(labels(fetch(text))).toEqual(expected)
  })
})

it.each([
  'NIL',
  '()',
  '(ALL)',
  '(UID FAST)',
  'FLAGS UID',
  'ALL (LAZY)',
  'FLAGS (LAZY)',
  '(FLAGS (LAZY))',
  '((FLAGS))',
  '"FLAGS"',
  'FOO',
  'BODY.PEEK',
  'BINARY[1]',
  'BINARY.PEEK[1]',
  'BODY[MIME]',
  'BODY[0]',
  'BODY[1.]',
  'BODY[1.0]',
  'BODY[.HEADER]',
  'BODY[1HEADER]',
  'BODY[01]',
  'BODY[1,2]',
  'BODY[1 2]',
  'BODY[FOO]',
  'BODY[HEADER (From)]',
  'BODY[HEADER.FIELDS]',
  'BODY[HEADER.FIELDS ()]',
  'BODY[HEADER.FIELDS From]',
  'BODY[HEADER.FIELDS (From) To]',
  'BODY[HEADER.FIELDS ((From))]',
  'BODY[HEADER.FIELDS ("")]',
  'BODY[NIL]',
  'BODY[]<0>',
  'BODY[]<0.0>',
  'FLAGS (CHANGEDSINCE)',
  'FLAGS (CHANGEDSINCE x)',
  'FLAGS (CHANGEDSINCE 1 2)',
  'FLAGS (VANISHED)',
  'FLAGS () ',
  'FLAGS (CHANGEDSINCE 1) (CHANGEDSINCE 1)',
])('refuses %s', (text) => {
  expect(isParsed(() => fetch(text))).toBe(false)
})

it('has bounds on items, fields and their names', () => {
  expect(isParsed(() => parseFetch([items(200)]))).toBe(true)
  expect(isParsed(() => parseFetch([items(201)]))).toBe(false)
  const header: Argument = { kind: 'atom', text: 'HEADER.FIELDS' }
  expect(isParsed(() => parseSection([header, items(200)]))).toBe(true)
  expect(isParsed(() => parseSection([header, items(201)]))).toBe(false)
  expect(isParsed(() => parseSection([header, fields('x'.repeat(256))]))).toBe(false)
  expect(isParsed(() => parseSection([header, fields('a\r\nb')]))).toBe(false)
  expect(isParsed(() => parseSection([{ kind: 'atom', text: '1.'.repeat(200) + '1' }]))).toBe(false)
})

it('throws nothing but imap.syntax, and its labels fit on a line', () => {
  fc.assert(
    fc.property(fc.array(arbitraryArgument, { maxLength: 4 }), (args) => {
      isParsed(() => {
        for (const { label } of parseFetch(args).items) expect(label).toMatch(/^[\x20-\x7e]+$/)
      })
      isParsed(() => parseSection(args))
    }),
    { numRuns: 2_000 },
  )
})

it('writes a section so that it is read back as it was', () => {
  const name = fc.stringMatching(/^[\x20-\x7e]{1,10}$/)
  const part = fc
    .array(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
    .map((numbers) => numbers.join('.'))
  const what = fc.constantFrom('', 'HEADER', 'TEXT', 'MIME', 'HEADER.FIELDS', 'HEADER.FIELDS.NOT')
  fc.assert(
    fc.property(part, what, fc.array(name, { minLength: 1, maxLength: 4 }), (p, w, names) => {
      fc.pre(w !== 'MIME' || p !== '')
      const listed = w.startsWith('HEADER.F') ? names : []
      const head = [p, w].filter((piece) => piece !== '').join('.')
      const atoms: Argument[] = head === '' ? [] : [{ kind: 'atom', text: head }]
      const list: Argument[] = listed.map((text) => ({ kind: 'string', text }))
      const written =
        listed.length === 0 ? atoms : [...atoms, { kind: 'list' as const, items: list }]
      const [item] = parseFetch([{ kind: 'atom', text: 'BODY', section: written }]).items
      const [again] = fetch(item?.label ?? '').items
      expect(again).toEqual(item)
      expect(item).toMatchObject({ section: { part: p, what: w, fields: listed } })
    }),
  )
})
