import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { arbitraryArgument, isParsed } from '../../test/arbitrary-argument.ts'
import type { Argument } from './argument.ts'
import { formatFlags, parseFlagList, parseKeyword } from './flags.ts'

const atom = (text: string): Argument => ({ kind: 'atom', text })
const list = (...texts: string[]): Argument => ({ kind: 'list', items: texts.map(atom) })

describe('parseFlagList', () => {
  it('reads a list, a list among arguments, and flags without parentheses', () => {
    const expected = { keywords: ['$seen', 'Work'], isDeleted: true }
    expect(parseFlagList(list('\\Seen', '\\DELETED', 'Work'))).toEqual(expected)
    expect(parseFlagList([list('\\Seen', '\\Deleted', 'Work')])).toEqual(expected)
    expect(parseFlagList([atom('\\Seen'), atom('\\Deleted'), atom('Work')])).toEqual(expected)
    expect(parseFlagList(list())).toEqual({ keywords: [], isDeleted: false })
    expect(parseFlagList([])).toEqual({ keywords: [], isDeleted: false })
  })

  it('maps every system flag, in any case, each once', () => {
    expect(
      parseFlagList(
        list('\\seen', '\\SEEN', '\\Answered', '\\Flagged', '\\Draft', '$Forwarded', '$FORWARDED'),
      ),
    ).toEqual({
      keywords: ['$seen', '$answered', '$flagged', '$draft', '$Forwarded'],
      isDeleted: false,
    })
  })

  it('passes over \\Recent, which no client can set', () => {
    expect(parseFlagList(list('\\Recent', 'a'))).toEqual({ keywords: ['a'], isDeleted: false })
  })

  it.each(['\\*', '\\Foo', '\\', '', 'a b', 'a]', 'a*', 'é', 'a"b', 'a\r\n', 'x'.repeat(256)])(
    'refuses %j',
    (flag) => {
      expect(isParsed(() => parseFlagList(list(flag)))).toBe(false)
    },
  )

  it('takes NIL as a keyword, and refuses lists in lists, strings and more flags than the store takes', () => {
    const flags = (count: number): Argument =>
      list(...Array.from({ length: count }, (_, i) => `k${i}`))
    const refused: Argument[] = [
      { kind: 'list', items: [list('a')] },
      { kind: 'list', items: [{ kind: 'string', text: 'a' }] },
      flags(129),
    ]
    for (const argument of refused) expect(isParsed(() => parseFlagList(argument))).toBe(false)
    expect(parseFlagList(flags(128)).keywords).toHaveLength(128)
    expect(parseFlagList({ kind: 'nil' }).keywords).toEqual(['NIL'])
  })

  it('throws nothing but imap.syntax', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryArgument, fc.array(arbitraryArgument)), (argument) => {
        expect(isParsed(() => parseFlagList(argument))).toBeTypeOf('boolean')
        if ('kind' in argument) isParsed(() => parseKeyword(argument))
      }),
    )
  })
})

describe('formatFlags', () => {
  it.each([
    [[], false, '()'],
    [[], true, '(\\Deleted)'],
    [['$seen', 'work'], false, '(\\Seen work)'],
    [['$answered', '$forwarded', '$notjunk'], true, '(\\Deleted \\Answered $Forwarded $NotJunk)'],
  ])('writes %j, deleted %s, as %s', (keywords, isDeleted, text) => {
    expect(formatFlags(keywords, isDeleted)).toBe(text)
  })

  it('is read back as what was written', () => {
    const keyword = fc.oneof(
      fc.constantFrom('$seen', '$answered', '$flagged', '$draft', '$mdnsent', 'nonjunk'),
      fc.stringMatching(/^[!#$&'+-@[^-z|}~]{1,20}$/),
    )
    fc.assert(
      fc.property(fc.uniqueArray(keyword), fc.boolean(), (keywords, isDeleted) => {
        const text = formatFlags(keywords, isDeleted)
        const words = text.slice(1, -1).split(' ').filter(Boolean)
        const read = parseFlagList(list(...words))
        expect(read.keywords.map((word) => word.toLowerCase())).toEqual(keywords)
        expect(read.isDeleted).toBe(isDeleted)
      }),
    )
  })
})

it('takes a keyword, and no system flag, where a keyword is asked for', () => {
  expect(parseKeyword(atom('$MDNSent'))).toBe('$mdnsent')
  expect(isParsed(() => parseKeyword(atom('\\Seen')))).toBe(false)
})
