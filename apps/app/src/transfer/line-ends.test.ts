import fc from 'fast-check'
import { expect, it } from 'vitest'

import { isCrlfThroughout, withCrlf, withLf } from './line-ends.ts'

const text = fc
  .array(fc.constantFrom('a', '\r', '\n', '\r\n', 'bc'))
  .map((parts) => Buffer.from(parts.join('')))

it('makes every line end CRLF, and changes nothing else', () => {
  fc.assert(
    fc.property(text, (content) => {
      const expected = content.toString().replaceAll(/(?<!\r)\n/g, '\r\n')
      expect(withCrlf(content).toString()).toBe(expected)
    }),
  )
})

it('gives back the same bytes where all line ends are CRLF', () => {
  fc.assert(
    fc.property(text, (content) => {
      fc.pre(isCrlfThroughout(content))
      const lf = withLf(content)
      expect(lf.toString()).toBe(content.toString().replaceAll('\r\n', '\n'))
      expect(withCrlf(lf).toString()).toBe(content.toString())
    }),
  )
})
