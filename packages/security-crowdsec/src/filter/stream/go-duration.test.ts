import { expect, it } from 'vitest'

import { parseGoDuration } from './go-duration.ts'

it.each([
  ['3h59m57s', 14_397_000],
  ['3h47m26.233988325s', 13_646_233.988325],
  ['-237.666464ms', -237.666464],
  ['276.482904ms', 276.482904],
  ['0s', 0],
  ['-1s', -1000],
  ['0', 0],
  ['1.5h', 5_400_000],
  ['12µs', 0.012],
  ['800ns', 0.0008],
])('reads %s as %d ms', (text, ms) => {
  expect(parseGoDuration(text)).toBeCloseTo(ms, 6)
})

it.each(['', 's', '1', '1 h', 'h1', '1d', '1h-2m', '--1s', '9'.repeat(200)])(
  'refuses %j',
  (text) => {
    expect(parseGoDuration(text)).toBeUndefined()
  },
)
