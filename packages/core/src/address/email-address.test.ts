import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseAddress } from './email-address.ts'

describe('parseAddress', () => {
  it.each([
    ['Me@Example.TEST', 'me@example.test'],
    ['me@example.test.', 'me@example.test'],
    ['"me"@example.test', 'me@example.test'],
    ['josé@bücher.example', 'josé@xn--bcher-kva.example'],
    ['me@XN--BCHER-KVA.example', 'me@xn--bcher-kva.example'],
    ['me@[192.0.2.1]', 'me@[192.0.2.1]'],
    ['me@[IPv6:2001:DB8::1]', 'me@[ipv6:2001:db8::1]'],
    ['a..b@example.test', 'a..b@example.test'],
    ['"a..b"@example.test', 'a..b@example.test'],
    ['.a.@example.test', '.a.@example.test'],
    ['a@under_score.example', 'a@under_score.example'],
    ['"A \\b"@example.test', '"a b"@example.test'],
    ['"a@b"@example.test', '"a@b"@example.test'],
    ['"\\"\\\\\\@"@example.test', '"\\"\\\\@"@example.test'],
    ['"m\\e"@example.test', 'me@example.test'],
    ['""@example.test', '""@example.test'],
  ])('reads %s as %s', (text, address) => {
    expect(parseAddress(text)?.address).toBe(address)
  })

  it('splits the detail behind the first plus', () => {
    expect(parseAddress('me+a+b@example.test')).toMatchObject({ base: 'me', detail: 'a+b' })
    expect(parseAddress('+a@example.test')).toMatchObject({ base: '+a', detail: null })
    expect(parseAddress('"me+a b"@example.test')).toMatchObject({ base: 'me', detail: 'a b' })
    expect(parseAddress('"m e+a"@example.test')).toMatchObject({ base: '"m e"', detail: 'a' })
  })

  it.each([
    ['Confirm+AbC=1@Example.NET', 'Confirm+AbC=1@example.net'],
    ['"A..b"@BÜCHER.example', '"A..b"@xn--bcher-kva.example'],
  ])('keeps the spelling of %s for who knows what it means', (text, spelled) => {
    expect(parseAddress(text)?.spelled).toBe(spelled)
  })

  it('takes a local part as long as a path leaves room for', () => {
    const domain = '@example.test'
    const local = 'a'.repeat(254 - domain.length)
    expect(parseAddress(local + domain)?.address).toBe(local + domain)
    expect(parseAddress(`a${local}${domain}`)).toBeUndefined()
    expect(parseAddress(`a@${'ü'.repeat(120)}.example`)).toBeUndefined()
  })

  it('reads its own normal form as it is, and what has the same meaning as the same', () => {
    const characters = fc.constantFrom(...'aB+."\\@ =?\u00fc\u0130\u200b()'.split(''))
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 20 }), (content) => {
        const escaped = content.map((character) => `\\${character}`).join('')
        const address = parseAddress(`"${escaped}"@example.test`)?.address ?? ''
        expect(parseAddress(address)?.address).toBe(address)
        expect(address).not.toMatch(/[\p{Cc}]/u)
      }),
    )
  })

  it.each([
    '',
    '@',
    'me',
    'me@',
    '@example.test',
    'a b@example.test',
    'me@exa mple.test',
    'me@-a.test',
    'me\n@example.test',
    '"a\r\nb"@example.test',
    '"a\\\nb"@example.test',
    '"a\tb"@example.test',
    '"a\u2028b"@example.test',
    '"a\u0085b"@example.test',
    'a\ud800b@example.test',
    '"a"b"@example.test',
    '"a\\"@example.test',
    'a"b"@example.test',
    '"a>b"@example.test',
    '"a\\<b"@example.test',
    'a@b@example.test',
    'me@exa%6dple.test',
    'me@[999.2.3.4]',
    'me@[IPv6:1::2::3]',
    'me@[2001:db8::1]',
    'me@example.test\r\nX: y',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})
