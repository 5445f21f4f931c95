import fc from 'fast-check'
import { expect, it } from 'vitest'

import { findBareLineEnding } from './line-endings.ts'

it.each([
  ['', -1],
  ['a\r\nb\r\n', -1],
  ['\n', 0],
  ['a\nb\r\n', 1],
  ['a\r\n\nb', 3],
  ['a\rb\r\n', 1],
  ['a\r\r\n', 1],
  ['a\r', 1],
])('in %j the first bare line ending is at %d', (text, at) => {
  expect(findBareLineEnding(Buffer.from(text))).toBe(at)
})

it('agrees with the definition', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', 'x')
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      expect(findBareLineEnding(Buffer.from(text)) !== -1).toBe(
        /[\r\n]/.test(text.replaceAll('\r\n', '')),
      )
    }),
  )
})
