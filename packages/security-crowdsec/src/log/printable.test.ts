import fc from 'fast-check'
import { expect, it } from 'vitest'

import { printable } from './printable.ts'

it.each([
  ['me@example.test', 'me@example.test'],
  ['Ж', 'Ж'],
  ['a\r\nb', 'a\ufffd\ufffdb'],
  ['"\\', '\ufffd\ufffd'],
  ['\u001b[31m\u009b', '\ufffd[31m\ufffd'],
  ['\u2028\u202e\u200b\ufeff', '\ufffd\ufffd\ufffd\ufffd'],
  ['\ud83d', '\ufffd'],
  ['0123456789abcdef', '0123456789abcdef'],
  ['0123456789abcdefg', '0123456789abc...'],
  ['ЖЖЖЖЖЖЖЖ', 'ЖЖЖЖЖЖЖЖ'],
  ['ЖЖЖЖЖЖЖЖЖ', 'ЖЖЖЖЖЖ...'],
  ['\u{1f600}\u{1f600}\u{1f600}\u{1f600}!', '\u{1f600}\u{1f600}\u{1f600}...'],
])('writes %j as %j in 16 bytes', (text, expected) => {
  expect(printable(text, 16)).toBe(expected)
})

it('never takes more bytes than it may, and needs no escape in JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 80 }), (text, max) => {
      const safe = printable(text, max)
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(max)
      expect(JSON.stringify(safe)).toBe(`"${safe}"`)
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      expect(printable(safe, max)).toBe(safe)
    }),
  )
})

/** Of a hundred times, in microseconds. */
function cpuOf(length: number): number {
  const text = 'x'.repeat(length)
  // Makes one piece of it.
  printable(text, 320)
  const before = process.threadCpuUsage()
  for (let round = 0; round < 100; round += 1) printable(text, 320)
  return process.threadCpuUsage(before).user
}

it('takes no longer for a long text than for one that fits', () => {
  const ofShort = cpuOf(320)
  expect(cpuOf(10_000_000)).toBeLessThan(100 * ofShort + 50_000)
})
