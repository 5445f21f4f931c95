import fc from 'fast-check'
import { expect, it } from 'vitest'

import { cpuOf } from '../cpu-of.ts'
import { addrSpec, parseAddressList } from './address-list.ts'
import { readMailboxList } from './mailbox-list.ts'

it.each([
  ['me@example.test', ['me@example.test']],
  [' <me@example.test> ', ['me@example.test']],
  ['Me Myself <me@example.test>', ['me@example.test']],
  ['"Public, John Q." <me@example.test>', ['me@example.test']],
  ['John Q. Public < me@example.test >,me@x.test', ['me@example.test', 'me@x.test']],
  ['"boss@victim.example" <me@example.test>', ['me@example.test']],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?w6Q=?= <me@example.test>', ['me@example.test']],
  ['=?utf-8?Q?[Team]_Gr=C3=BC=C3=9Fe?= <me@example.test>', ['me@example.test']],
  ['Grüße <jörg@bücher.example>', ['jörg@bücher.example']],
  ['root@example.test (Cron Daemon)', ['root@example.test']],
  ['"me"@example.test', ['"me"@example.test']],
  ['.a..b.@under_score.test, <c.@x.test>', ['.a..b.@under_score.test', 'c.@x.test']],
  ['me@[IPv6:2001:db8::1]', ['me@[IPv6:2001:db8::1]']],
])('reads %j', (text, addresses) => {
  expect(readMailboxList(text, 10)).toEqual(addresses)
})

it.each([
  ['nothing', ''],
  ['nothing between commas', 'me@example.test, , me@x.test'],
  ['a comma at the end', 'me@example.test,'],
  ['two addresses without a comma', 'me@example.test boss@victim.example'],
  ['two in brackets without a comma', '<me@example.test> <boss@victim.example>'],
  ['a foreign text before the brackets', 'boss@victim.example <me@example.test>'],
  ['a foreign text behind the brackets', '<me@example.test> boss@victim.example'],
  ['a name behind the brackets', '<me@example.test> Boss'],
  ['a comment inside an address', 'me(boss)@example.test'],
  ['a comment inside the brackets', '<me@example.test(boss@victim.example)>'],
  ['a comment before an address', '(boss) me@example.test'],
  ['an address in a comment', 'me@example.test (boss@victim.example)'],
  ['comments within comments', 'me@example.test (a (b))'],
  ['a route', '<@victim.example:me@example.test>'],
  ['spaces in an address', 'me @ example.test'],
  ['two at signs', 'boss@victim.example@example.test'],
  ['a semicolon', 'me@example.test; boss@victim.example'],
  ['a name without an address', 'Me'],
  ['empty brackets', 'Me <>'],
  ['an open quote', '"Me <me@example.test>'],
  ['an open bracket', 'Me <me@example.test'],
  ['a comma in an encoded word', '=?utf-8?Q?a,boss@victim.example,?= <me@example.test>'],
  ['a NUL in a name', 'Me\0 <me@example.test>'],
  ['a NUL in a quoted name', '"Me\0" <me@example.test>'],
  ['a line end in a name', '"Me\r\n" <me@example.test>'],
])('refuses %s', (_name, text) => {
  expect(readMailboxList(text, 10)).toBe('malformed')
})

it.each([
  ['an encoded word', '=?utf-8?q?ceo=40victim.test?=@example.test'],
  ['an encoded word in quotes', '"=?utf-8?q?ceo=40victim.test?="@example.test'],
  ['a zero-width space', 'm\u200be@example.test'],
  ['a joiner', 'm\u200de@example.test'],
  ['a soft hyphen', 'm\u00ade@example.test'],
  ['a turn of the direction', '\u202emoc.mitciv@example.test'],
  ['a variation selector', 'me\ufe0f@example.test'],
  ['a Hangul filler', 'me\u3164@example.test'],
  ['an empty Braille cell', 'me\u2800@example.test'],
  ['a wide space', 'me\u3000@example.test'],
  ['a character for private use', 'me\ue000@example.test'],
  ['a wide at sign', 'ceo\uff20victim.test@example.test'],
  ['a zero-width space in the domain', 'me@exam\u200bple.test'],
])('refuses an address that looks like another one by %s', (_name, address) => {
  expect(readMailboxList(address, 10)).toBe('malformed')
  expect(readMailboxList(`Me <${address}>`, 10)).toBe('malformed')
})

it.each(['Friends: me@example.test;', 'Friends:;', 'a b: boss@victim.example;'])(
  'refuses the group %j as one',
  (text) => {
    expect(readMailboxList(text, 10)).toBe('group')
  },
)

it('counts', () => {
  expect(readMailboxList(`a@b.test${',a@b.test'.repeat(9)}`, 10)).toHaveLength(10)
  expect(readMailboxList(`a@b.test${',a@b.test'.repeat(10)}`, 10)).toBe('tooMany')
})

it('never sees other addresses than the lenient reader, and throws nothing', () => {
  const words = 'me@example.test < > , " ( ) \\ : ; @ . a =? ?= <me@example.test> "x" [ ] \0 ü'
  const piece = fc.constantFrom(' ', '\t', ...words.split(' '))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('')
      const strict = readMailboxList(text, 100)
      if (typeof strict === 'string') return
      const lenient = parseAddressList(text).map((one) =>
        one.kind === 'mailbox' ? addrSpec(one) : one.kind,
      )
      expect(lenient).toEqual(strict.map(unquoted))
    }),
    { numRuns: 5000 },
  )
})

it.each(['=?a?b?', '"\\', 'a.', '<', ' a', '=?a?b?[', '(', 'a@b,', '"" '])(
  'takes time that grows with the text and no faster, of %j',
  (piece) => {
    const [short, long] = [piece.repeat(4000), piece.repeat(64_000)]
    const ofShort = cpuOf(() => readMailboxList(short, 1_000_000))
    // With its square it would be 256 times as long. What is refused at once is too short to compare.
    expect(cpuOf(() => readMailboxList(long, 1_000_000))).toBeLessThan(100 * Math.max(ofShort, 50))
  },
)

/** As addrSpec writes it: quotes only where they are needed. */
function unquoted(address: string): string {
  const [box] = parseAddressList(address)
  return box?.kind === 'mailbox' ? addrSpec(box) : address
}
