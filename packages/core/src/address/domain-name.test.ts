import { expect, it } from 'vitest'

import { normaliseDomain, normaliseHostName } from './domain-name.ts'

it.each([
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.Example.', 'xn--bcher-kva.example'],
  ['xn--a.example', 'xn--a.example'],
  ['under_score.example', 'under_score.example'],
  ['0x7f.1', '0x7f.1'],
])('the domain %s is %s', (text, domain) => expect(normaliseDomain(text)).toBe(domain))

it.each([
  '',
  '.',
  'a..b',
  '-a.test',
  'a b.test',
  'exa%6dple.test',
  'bü%63her.example',
  'a/b',
  'a@b',
  'a\r\nb',
  `${'a'.repeat(64)}.test`,
  'a.'.repeat(127) + 'a.b',
])('%j is no domain', (text) => expect(normaliseDomain(text)).toBeUndefined())

it('a host has no underscore in its name', () => {
  expect(normaliseHostName('a_b.example')).toBeUndefined()
  expect(normaliseHostName('Bücher.example')).toBe('xn--bcher-kva.example')
})
