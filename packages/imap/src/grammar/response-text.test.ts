import fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseCommand } from './parse-command.ts'
import { quote, withoutNul } from './response-text.ts'

it.each([
  ['', '""'],
  ['a b', '"a b"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['a\r\nb', '{4}\r\na\r\nb'],
  ['\t', '{1}\r\n\t'],
  ['\u007f', '{1}\r\n\u007f'],
  ['é', '{2}\r\n\u00c3\u00a9'],
  ['x'.repeat(1_001), `{1001}\r\n${'x'.repeat(1_001)}`],
])('writes %j as %j', (text, written) => {
  expect(quote(text)).toBe(written)
})

it('is read back as it was, but for NUL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [line = '', literal] = quote(text).split(/(?<=^\{\d+\}\r\n)/)
      const literals = literal === undefined ? [] : [Buffer.from(literal, 'latin1')]
      const [argument] = parseCommand(`a LOGIN ${line}`, literals).args
      const read = argument?.kind === 'string' ? argument.text : undefined
      expect(Buffer.from(read ?? '', 'latin1').toString()).toBe(
        Buffer.from(withoutNul(text)).toString(),
      )
    }),
  )
})
