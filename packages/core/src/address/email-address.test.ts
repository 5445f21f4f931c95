import { describe, expect, it } from 'vitest'

import { normaliseDomain, parseAddress } from './email-address.ts'

describe('parseAddress', () => {
  it.each([
    ['Me@Example.TEST', 'me@example.test'],
    ['me@example.test.', 'me@example.test'],
    ['"me"@example.test', 'me@example.test'],
    ['josé@bücher.example', 'josé@xn--bcher-kva.example'],
    ['me@[192.0.2.1]', 'me@[192.0.2.1]'],
  ])('reads %s as %s', (text, address) => {
    expect(parseAddress(text)?.address).toBe(address)
  })

  it('splits the detail behind the first plus', () => {
    expect(parseAddress('me+a+b@example.test')).toMatchObject({ base: 'me', detail: 'a+b' })
    expect(parseAddress('+a@example.test')).toMatchObject({ base: '+a', detail: null })
  })

  it.each([
    '',
    '@',
    'me',
    'me@',
    '@example.test',
    'a..b@example.test',
    '.a@example.test',
    'a b@example.test',
    'me@exa mple.test',
    'me@-a.test',
    'me\n@example.test',
    `${'a'.repeat(65)}@example.test`,
    '"a b"@example.test',
    'me@example.test\r\nX: y',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})

it('normalises domains to A-labels', () => {
  expect(normaliseDomain('BÜCHER.example')).toBe('xn--bcher-kva.example')
  expect(normaliseDomain('a_b.example')).toBeUndefined()
})
