import { MailError } from '@gatepost/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseCommand, readName, readTag } from './parse-command.ts'

const atom = (text: string): object => ({ kind: 'atom', text })
const list = (...items: object[]): object => ({ kind: 'list', items })
const sequence = (text: string): object => ({ kind: 'sequence', text })

describe('parseCommand', () => {
  it.each([
    ['a1 NOOP', 'NOOP', []],
    ['a1 uid fetch 1:* (FLAGS)', 'UID FETCH', [sequence('1:*'), list(atom('FLAGS'))]],
    ['a1 SEARCH NOT (1:5)', 'SEARCH', [atom('NOT'), list(sequence('1:5'))]],
    ['a1 SEARCH (OR (1:*) 7)', 'SEARCH', [list(atom('OR'), list(sequence('1:*')), atom('7'))]],
    [
      'a1 LOGIN "1)" "a\\"1)"',
      'LOGIN',
      [
        { kind: 'string', text: '1)' },
        { kind: 'string', text: 'a"1)' },
      ],
    ],
    ['a1 UID EXPUNGE *:5', 'UID EXPUNGE', [sequence('5:*')]],
    ['a1 UID EXPUNGE *,1,*:*', 'UID EXPUNGE', [sequence('1,*:*')]],
    ['a1 FETCH * FLAGS', 'FETCH', [sequence('*'), atom('FLAGS')]],
    ['a1 FETCH *,* FLAGS', 'FETCH', [sequence('*'), atom('FLAGS')]],
    ['a1 STORE 1 FLAGS (\\*)', 'STORE', [atom('1'), atom('FLAGS'), list(atom('\\*'))]],
    ['a1 ID NIL', 'ID', [{ kind: 'nil' }]],
    [
      'a1 FETCH 1 BODY.PEEK[HEADER.FIELDS (To)]<0.5>',
      'FETCH',
      [
        atom('1'),
        {
          kind: 'atom',
          text: 'BODY.PEEK',
          section: [atom('HEADER.FIELDS'), list(atom('To'))],
          partial: [0, 5],
        },
      ],
    ],
  ])('reads %s', (line, name, args) => {
    expect(parseCommand(line, [])).toEqual({ tag: 'a1', name, args })
  })

  it('puts literals in their places, those of APPEND as bytes', () => {
    expect(
      parseCommand('a LOGIN {2}\r\n {1}\r\n', [Buffer.from('me'), Buffer.from([255])]),
    ).toEqual({
      tag: 'a',
      name: 'LOGIN',
      args: [
        { kind: 'string', text: 'me' },
        { kind: 'string', text: '\u00ff' },
      ],
    })
    expect(parseCommand('a APPEND x {1}\r\n', [Buffer.from('y')]).args[1]).toEqual({
      kind: 'bytes',
      bytes: Buffer.from('y'),
    })
  })

  it.each([
    '',
    ' ',
    'a',
    'a ',
    '+ NOOP',
    'a NOOP )',
    'a X "open',
    'a X (',
    'a X \0',
    '(a NOOP',
    'a{ NOOP',
    'a FETCH 1 BODY[',
    `a X ${'('.repeat(100)}`,
  ])('refuses %j', (line) => {
    expect(() => parseCommand(line, [])).toThrow(MailError)
  })

  it('says nothing of what the client sent in its errors', () => {
    expect(() => parseCommand('a LOGIN secret{word', [])).toThrow(/^Syntax error( \[E\d+\])?$/)
  })

  it('throws nothing but a MailError, whatever comes', () => {
    const bytes = fc.string({
      unit: fc.constantFrom(...'aA1*:,()[]<>{}"\\%+~ .NIL\u00e9\r\n'.split('')),
      maxLength: 60,
    })
    fc.assert(
      fc.property(bytes, fc.array(fc.uint8Array({ maxLength: 5 })), (text, literals) => {
        try {
          parseCommand(
            `a ${text}`,
            literals.map((literal) => Buffer.from(literal)),
          )
        } catch (error) {
          expect(error).toBeInstanceOf(MailError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('finds tag and name in what cannot be parsed', () => {
    expect([readTag('a1 X "'), readTag('x"y NOOP'), readTag('')]).toEqual([
      'a1',
      undefined,
      undefined,
    ])
    expect([readName('a append x {5}'), readName('a')]).toEqual(['APPEND', ''])
  })
})

describe('the patterns of LIST', () => {
  it.each([
    ['a LIST "" Work*', 'Work*'],
    ['a LIST "" *&*', '*&*'],
    ['a LSUB "" Work/%', 'Work/%'],
    ['a LIST "a b*" %', '%'],
    ['a LIST "" "x y*"', 'x y*'],
  ])('are read from %s', (line, pattern) => {
    expect(parseCommand(line, []).args[1]).toEqual({ kind: 'string', text: pattern })
  })
})
