import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Address } from '../mime-index.ts'
import { addrSpec, parseAddressList } from './address-list.ts'
import { parseDate } from './date.ts'
import { decodeWords } from './encoded-words.ts'
import { headerFields, rawValue } from './header-fields.ts'
import { headerText, unfold } from './header-text.ts'
import { parseMessageIds } from './message-ids.ts'
import { parseParameterized } from './parameters.ts'

const box = (
  name: string | null,
  local: string,
  domain: string,
): Extract<Address, { kind: 'mailbox' }> => ({
  kind: 'mailbox',
  name,
  local,
  domain,
})

describe('headerFields', () => {
  it('gives every byte up to the empty line to one field', () => {
    const text = 'From x\nA: 1\r\n\tfolded\r\nno colon\nB :2\rstill\n: empty\r\n\r\nbody: no\r\n'
    const bytes = Buffer.from(text)
    const fields = headerFields(bytes, 0, bytes.length)
    expect(fields.map((field) => [field.name, rawValue(bytes, field)])).toEqual([
      ['', 'From x'],
      ['A', ' 1\r\n\tfolded'],
      ['', 'no colon'],
      ['B', '2\rstill'],
      ['', ': empty'],
    ])
    expect(fields.at(-1)?.end).toBe(text.indexOf('\r\nbody'))
  })

  it('reads a header that never ends', () => {
    const bytes = Buffer.from('A: 1\r\nB: 2')
    expect(headerFields(bytes, 0, 99).map((field) => rawValue(bytes, field))).toEqual([' 1', ' 2'])
  })
})

describe('headerText and unfold', () => {
  it('reads UTF-8 where valid and windows-1252 otherwise', () => {
    expect(headerText(Buffer.from('Grüße'))).toBe('Grüße')
    expect(headerText(Buffer.from([0x80, 0xe4]))).toBe('€ä')
  })

  it('joins folded lines and keeps words apart at stray line ends', () => {
    expect(unfold('a\r\n b\n\tc\rd\r\n')).toBe('a b\tc d')
  })
})

describe('decodeWords', () => {
  it.each([
    // RFC 2047 section 8
    ['(=?ISO-8859-1?Q?a?=)', '(a)'],
    ['(=?ISO-8859-1?Q?a?= b)', '(a b)'],
    ['(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)', '(ab)'],
    ['(=?ISO-8859-1?Q?a?=  \r\n  =?ISO-8859-1?Q?b?=)', '(ab)'],
    ['(=?ISO-8859-1?Q?a_b?=)', '(a b)'],
    ['=?utf-8?b?4pg=?= =?utf-8?b?ug==?=', '☺'],
    ['=?UTF-8*de?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
    ['=?iso-2022-jp?B?GyRCJDMbKEI=?=', 'こ'],
    ['=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=', '日本語メール'],
    // Broken senders split between the octets of a character, and between the shifts.
    ['=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=', '日本'],
    ['=?utf-8?Q?=E2=98?= =?UTF8?B?ug==?=', '☺'],
    ['=?hz-gb-2312?Q?=7E{VP~}?= =?hz-gb-2312?Q?=7E{ND~}?=', '中文'],
    // Each word of UTF-7 begins in ASCII, though the one before has not shifted back.
    ['=?utf-7?Q?+AOk?= =?utf-7?Q?A?=', 'éA'],
    ['=?utf-8?q?a=0D=0Ab=00?=', 'ab'],
    ['=?utf-8?x?a?= =?utf-8?q?open', '=?utf-8?x?a?= =?utf-8?q?open'],
    ['=?utf-8?q?really??= =?utf-8?q?_a?b=3F?=', 'really? a?b?'],
    ['=?utf-8?q?a? =?utf-8?q?b?=', '=?utf-8?q?a? b'],
    ['=?utf-8?b?YQ?a?=', '=?utf-8?b?YQ?a?='],
    ['plain = ? text', 'plain = ? text'],
  ])('decodes %j', (text, decoded) => {
    expect(decodeWords(text)).toBe(decoded)
  })
})

describe('parseAddressList', () => {
  // Each change of charset costs a decoder: 225 kB of them held the event loop for 128 ms.
  it('decodes names of a list up to 3,000 changes of charset, and keeps the others as written', () => {
    const name = '=?gbk?b?QQ==?==?big5?b?Qg==?='
    const list = `${name} <a@b.example>,`.repeat(1_800)
    const names = parseAddressList(list).map((found) => found.kind === 'mailbox' && found.name)
    expect(names).toHaveLength(1_800)
    expect(new Set(names.slice(0, 1_500))).toEqual(new Set(['AB']))
    expect(new Set(names.slice(1_500))).toEqual(new Set([name]))
  })

  it.each<[string, Address[]]>([
    // RFC 5322 appendix A.1 and A.5, A.6
    [
      '"Joe Q. Public" <john.q.public@example.com>',
      [box('Joe Q. Public', 'john.q.public', 'example.com')],
    ],
    [
      'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
      [
        box('Mary Smith', 'mary', 'x.test'),
        box(null, 'jdoe', 'example.org'),
        box('Who?', 'one', 'y.test'),
      ],
    ],
    [
      'A Group:Ed Jones <c@a.test>,joe@where.test;',
      [
        { kind: 'groupStart', name: 'A Group' },
        box('Ed Jones', 'c', 'a.test'),
        box(null, 'joe', 'where.test'),
        { kind: 'groupEnd' },
      ],
    ],
    [
      'Undisclosed recipients:;',
      [{ kind: 'groupStart', name: 'Undisclosed recipients' }, { kind: 'groupEnd' }],
    ],
    [
      'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
      [box('Pete', 'pete', 'silly.test')],
    ],
    [
      'Mary Smith <@node.test,@b.test:mary@example.net>, , jdoe@test  . example',
      [
        { ...box('Mary Smith', 'mary', 'example.net'), route: '@node.test,@b.test' },
        box(null, 'jdoe', 'test.example'),
      ],
    ],
    ['joe@x.test (Joe =?utf-8?q?=C3=A4?=)', [box('Joe ä', 'joe', 'x.test')]],
    ['"john doe"@x.test', [box(null, 'john doe', 'x.test')]],
    ['=?utf-8?Q?Doe,_J?= <j@x>', [box('Doe, J', 'j', 'x')]],
    ['Joe joe@x.test', [box('Joe', 'joe', 'x.test')]],
    ['Open <a@b, c@d; e@f', [box('Open', 'a', 'b'), box(null, 'c', 'd'), box(null, 'e', 'f')]],
    ['x@[IPv6:::1], "open', [box(null, 'x', '[IPv6:::1]'), box(null, 'open', '')]],
    ['nobody here', [box(null, 'nobody here', '')]],
    ['<>', []],
    ['', []],
  ])('reads %j', (text, expected) => {
    expect(parseAddressList(text)).toEqual(expected)
  })

  it('never throws, and closes every group it opens', () => {
    const noise = fc.string({
      unit: fc.constantFrom(...Array.from('a@<>,;:"\\()[] =?.')),
      maxLength: 60,
    })
    fc.assert(
      fc.property(noise, (text) => {
        const kinds = parseAddressList(text).map((address) => address.kind)
        const starts = kinds.filter((kind) => kind === 'groupStart').length
        expect(kinds.filter((kind) => kind === 'groupEnd')).toHaveLength(starts)
      }),
    )
  })

  it.each(['a..b', 'a.', '.a', 'under_score'])('leaves %s without quotes', (local) => {
    expect(addrSpec({ local, domain: 'x.test' })).toBe(`${local}@x.test`)
  })

  it('reads back what addrSpec writes', () => {
    const local = fc.string({
      unit: fc.constantFrom(...Array.from('ab ."\\@,<')),
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(local, (text) => {
        const written = addrSpec({ local: text, domain: 'x.test' })
        expect(parseAddressList(`<${written}>`)).toEqual([box(null, text, 'x.test')])
      }),
    )
  })
})

describe('parseDate', () => {
  it.each([
    ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z', -360],
    ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z', 0],
    [
      'Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland (or so))',
      '1969-02-14T03:02:00Z',
      -210,
    ],
    ['1 Jan 26 0:00 EST', '2026-01-01T05:00:00Z', -300],
    ['1 Jan 126 00:00 Q', '2026-01-01T00:00:00Z', 0],
    ['Tue Nov 24 18:22:48 2026', '2026-11-24T18:22:48Z', 0],
    ['Thu, 24 Nov 2026 18:22:48 +01:00', '2026-11-24T17:22:48Z', 60],
  ])('reads %j', (text, iso, offsetMinutes) => {
    expect(parseDate(text)).toMatchObject({ at: Date.parse(iso), offsetMinutes })
  })

  it('keeps the day as written, whatever the zone', () => {
    expect(parseDate('21 Nov 1997 23:55 -0600')?.day).toBe(Date.UTC(1997, 10, 21))
  })

  it.each([
    '',
    'yesterday',
    '31 Feb 2026 10:00 +0000',
    '1 Foo 2026 10:00 +0000',
    '1 Jan 2026 25:00',
  ])('gives null for %j', (text) => {
    expect(parseDate(text)).toBeNull()
  })
})

describe('parseMessageIds', () => {
  it.each([
    ['<a@b>\r\n <c@d><e@\r\n f>', ['a@b', 'c@d', 'e@f']],
    ['Your message of "today" <x@y>', ['x@y']],
    ['a@b, c@d', ['a@b', 'c@d']],
    ['<<a@b>> <>', ['a@b']],
    ['none', []],
  ])('reads %j', (text, ids) => {
    expect(parseMessageIds(text)).toEqual(ids)
  })
})

describe('parseParameterized', () => {
  it.each([
    // RFC 2231 sections 3 and 4
    [
      'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/x"',
      { 'access-type': 'URL', url: 'ftp://cs.utk.edu/x' },
    ],
    [
      "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
      { title: "This is even more ***fun*** isn't it!" },
    ],
    ['a/b; x="a;\\"b" ; Y = c (comment)', { x: 'a;"b', y: 'c' }],
    ['a/b; filename=my file.pdf; x="open', { filename: 'my file.pdf', x: 'open' }],
    ["a/b; n=plain; n*=utf-8''%C3%A4; n=again", { n: 'ä' }],
    ['a/b; __proto__=x; ; =y; z', {}],
  ])('reads the parameters of %j', (text, params) => {
    expect(parseParameterized(text, 100).params).toEqual(params)
  })
})
