import fc from 'fast-check'
import { expect, it } from 'vitest'

import { encodeWords } from './encode-words.ts'
import { decodeWords } from './encoded-words.ts'

it.each([
  ['', ''],
  ['plain = ? text', 'plain = ? text'],
  ['Grüße', '=?utf-8?B?R3LDvMOfZQ==?='],
  ['=?utf-8?q?a?=', '=?utf-8?B?PT91dGYtOD9xP2E/PQ==?='],
  ['\ud800', '=?utf-8?B?77+9?='],
])('encodes %j', (text, encoded) => {
  expect(encodeWords(text)).toBe(encoded)
})

it('splits at characters, into words of at most 75 characters', () => {
  const words = encodeWords('😀'.repeat(30)).split(' ')
  expect(words).toHaveLength(3)
  for (const word of words) {
    expect(word.length).toBeLessThanOrEqual(75)
    expect(decodeWords(word)).toMatch(/^(?:😀)+$/u)
  }
})

it('is decoded to the same text, and is ASCII', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc
      .array(fc.constantFrom('=?', 'utf-8', '?q?', '?=', ' ', 'é', '😀', 'a'))
      .map((p) => p.join('')),
  )
  fc.assert(
    fc.property(text, (any) => {
      const printable = any.replace(/\p{Cc}/gu, '').toWellFormed()
      const encoded = encodeWords(printable)
      expect(encoded).toMatch(/^[\x20-\x7e]*$/)
      expect(decodeWords(encoded)).toBe(printable)
    }),
    { numRuns: 500 },
  )
})
