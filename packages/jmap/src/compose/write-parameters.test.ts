import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { writeParameterized } from './write-parameters.ts'

describe('a field with parameters', () => {
  it('a name of 120 CJK characters was one line of 1487 octets', () => {
    const filename = '漢'.repeat(120)
    const field = writeParameterized('Content-Disposition', 'attachment', { filename })
    expect(linesOf(field).every((line) => line.length <= 78)).toBe(true)
    expect(decoded(field, 'filename')).toBe(filename)
  })

  it.each([
    ['plain.txt', 'X: a/b;\r\n name=plain.txt\r\n'],
    ['two words (1).txt', 'X: a/b;\r\n name="two words (1).txt"\r\n'],
    ['q"\\', 'X: a/b;\r\n name="q\\"\\\\"\r\n'],
    ['', 'X: a/b;\r\n name=""\r\n'],
    ['ü.png', "X: a/b;\r\n name*=utf-8''%C3%BC.png\r\n"],
    ['=?utf-8?Q?x?=', "X: a/b;\r\n name*=utf-8''%3D%3Futf-8%3FQ%3Fx%3F%3D\r\n"],
  ])('writes %j', (name, field) => expect(writeParameterized('X', 'a/b', { name })).toBe(field))

  it('comes back whatever it is, in lines of 78 characters', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 })
    fc.assert(
      fc.property(text, (name) => {
        const clean = name.replaceAll(/\p{Cc}/gu, '')
        const field = writeParameterized('Content-Disposition', 'attachment', { filename: clean })
        expect(linesOf(field).every((line) => line.length <= 78)).toBe(true)
        expect(decoded(field, 'filename')).toBe(clean)
      }),
    )
  })
})

function linesOf(field: string): string[] {
  return field.split('\r\n')
}

/** As RFC 2231 has it. */
function decoded(field: string, name: string): string {
  const params = linesOf(field)
    .slice(1, -1)
    .map((line) => /^ ([^=]+)=(.*?);?$/s.exec(line))
  const [first] = params
  if (first?.[1] === name)
    return (first[2] ?? '').replace(/^"(.*)"$/s, '$1').replaceAll(/\\(.)/gs, '$1')
  const encoded = params.map((param) => param?.[2] ?? '').join('')
  return decodeURIComponent(encoded.replace(/^utf-8''/, ''))
}
