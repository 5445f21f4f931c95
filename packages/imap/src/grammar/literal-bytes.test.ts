import { expect, it } from 'vitest'

import { literalBytes } from './literal-bytes.ts'

it('puts 0x80 for NUL, in a copy', () => {
  const bytes = Buffer.from('a\0b\0')
  expect(literalBytes(bytes)).toEqual(Buffer.from([0x61, 0x80, 0x62, 0x80]))
  expect(bytes.includes(0)).toBe(true)
  const without = Buffer.from('ab')
  expect(literalBytes(without)).toBe(without)
})
