import { expect, it } from 'vitest'

import { durationText } from './duration-text.ts'

it.each([
  [-5, '0s'],
  [999, '0s'],
  [12_000, '12s'],
  [60_000, '1m0s'],
  [14_397_000, '3h59m'],
  [90_000_000, '1d1h'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})
