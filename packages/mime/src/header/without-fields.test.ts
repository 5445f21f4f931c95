import fc from 'fast-check'
import { expect, it } from 'vitest'

import { headerFields } from './header-fields.ts'
import { withoutFields } from './without-fields.ts'

const isBcc = ({ name }: { readonly name: string }): boolean => name.toLowerCase() === 'bcc'
const without = (text: string): string =>
  Buffer.from(withoutFields(Buffer.from(text), isBcc)).toString()

it.each([
  ['A: 1\r\nBcc: x\r\nB: 2\r\n\r\nBcc: body\r\n', 'A: 1\r\nB: 2\r\n\r\nBcc: body\r\n'],
  ['bCC : x,\r\n y,\r\n\tz\r\nB: 2\r\n\r\n', 'B: 2\r\n\r\n'],
  ['A: 1\r\nBcc: x', 'A: 1\r\n'],
  ['Bcc: x\r\n\r\n', '\r\n'],
  ['A: 1\rBcc: y\r\nBcc: x\r\n\r\n', 'A: 1\rBcc: y\r\n\r\n'],
  ['no field\r\nBcc: x\nB: 2\r\n', 'no field\r\nB: 2\r\n'],
  ['\r\nBcc: x\r\n', '\r\nBcc: x\r\n'],
])('of %j leaves %j', (text, left) => {
  expect(without(text)).toBe(left)
})

it('is the same bytes when there is nothing to take out', () => {
  const bytes = Buffer.from('A: 1\r\n\r\nx')
  expect(withoutFields(bytes, isBcc)).toBe(bytes)
})

it('takes out what it is to, and nothing else, wherever it is', () => {
  const piece = fc.constantFrom('Bcc: x', 'A: 1', ' fold', '\r\n', '\n', '\r', ':', '\t', 'ü', '')
  fc.assert(
    fc.property(fc.array(piece), fc.string(), (pieces, body) => {
      const bytes = Buffer.from(`${pieces.join('')}\r\n\r\n${body}`)
      const fields = headerFields(bytes, 0, bytes.length)
      const left = Buffer.from(withoutFields(bytes, isBcc))
      const kept = fields.filter((field) => !isBcc(field))
      const end = fields.at(-1)?.end ?? 0
      expect(left).toEqual(
        Buffer.concat([
          ...kept.map((field) => bytes.subarray(field.start, field.end)),
          bytes.subarray(end),
        ]),
      )
    }),
  )
})

it('looks at the fields of the header once each, and at no line of the body', () => {
  const many = Buffer.from(`${'Bcc: x\r\n'.repeat(19_000)}\r\n${'Bcc: x\r\n'.repeat(900_000)}`)
  let looked = 0
  const left = withoutFields(many, (field) => {
    looked += 1
    return isBcc(field)
  })
  expect([left.length, looked]).toEqual([7_200_002, 19_000])
})
