import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { arbitraryArgument, isParsed } from '../../test/arbitrary-argument.ts'
import type { Argument } from './argument.ts'
import { compactSet } from './compact-set.ts'
import { isSequenceSet, parseSequenceSet, resolveRanges } from './sequence-set.ts'

const set = (text: string): Argument =>
  /[:,]/.test(text) ? { kind: 'sequence', text } : { kind: 'atom', text }

describe('parseSequenceSet', () => {
  it.each([
    ['7', [[7, 7]]],
    ['*', [['*', '*']]],
    [
      '5:3,1,9:*',
      [
        [5, 3],
        [1, 1],
        [9, '*'],
      ],
    ],
    ['*:4294967295', [['*', 4294967295]]],
  ])('keeps %s as written', (text, ranges) => {
    expect(parseSequenceSet(set(text))).toEqual(ranges)
  })

  it.each(['0', '0:5', '1:0', '4294967296', '01', '1:2:3', '1,', ',1', '1:', ':', '-1', '1e3', ''])(
    'refuses %j',
    (text) => {
      expect(isParsed(() => parseSequenceSet(set(text)))).toBe(false)
    },
  )

  it('refuses what is no set, and nothing at all', () => {
    const section: Argument = { kind: 'atom', text: '1', section: [] }
    const others: (Argument | undefined)[] = [
      undefined,
      { kind: 'nil' },
      { kind: 'string', text: '1' },
      { kind: 'list', items: [] },
      section,
    ]
    for (const other of others) expect(isParsed(() => parseSequenceSet(other))).toBe(false)
  })

  it('takes 20,000 ranges and no more', () => {
    const most = `1${',1'.repeat(19_999)}`
    expect(parseSequenceSet(set(most))).toHaveLength(20_000)
    expect(isParsed(() => parseSequenceSet(set(`${most},1`)))).toBe(false)
  })

  it('throws nothing but imap.syntax', () => {
    fc.assert(
      fc.property(arbitraryArgument, (argument) => {
        const isSet = isParsed(() => parseSequenceSet(argument))
        expect(isSet && !isSequenceSet(argument)).toBe(false)
      }),
    )
  })
})

describe('resolveRanges', () => {
  it.each([
    ['5:3,4,6,9', 100, '3:6,9'],
    ['9:*', 12, '9:12'],
    // RFC 3501 section 6.4.8: 559:* holds the last message whatever its UID.
    ['559:*', 12, '12:559'],
    ['*', 12, '12'],
    ['*:*,12', 12, '12'],
    ['1:100,20:30,50:200', 300, '1:200'],
    ['1,3,2', 3, '1:3'],
    ['1:*', 0, ''],
    ['5', 0, ''],
  ])('resolves %s with %d messages to %s', (text, max, expected) => {
    const ranges = resolveRanges(parseSequenceSet(set(text)), max)
    expect(ranges.map(([a, b]) => (a === b ? `${a}` : `${a}:${b}`)).join(',')).toBe(expected)
  })

  it('is sorted, merged, and holds what the set holds', () => {
    const number = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant('*' as const))
    const sets = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 30 }), (written, max) => {
        const ranges = resolveRanges(written, max)
        for (const [i, [low, high]] of ranges.entries()) {
          expect(low).toBeLessThanOrEqual(high)
          if (i > 0) expect(low).toBeGreaterThan((ranges[i - 1]?.[1] ?? 0) + 1)
        }
        for (let n = 1; n <= 31; n++) {
          const isIn = written.some((ends) => {
            const [a = 0, b = 0] = ends.map((end) => (end === '*' ? max : end))
            return n >= Math.min(a, b) && n <= Math.max(a, b)
          })
          expect(ranges.some(([low, high]) => n >= low && n <= high)).toBe(isIn)
        }
      }),
    )
  })

  it('gives back the numbers that compactSet wrote', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 })
    fc.assert(
      fc.property(numbers, (unsorted) => {
        const sorted = unsorted.toSorted((a, b) => a - b)
        const ranges = resolveRanges(parseSequenceSet(set(compactSet(sorted))), 1)
        const expanded = ranges.flatMap(([low, high]) =>
          Array.from({ length: high - low + 1 }, (_, i) => low + i),
        )
        expect(expanded).toEqual(sorted)
      }),
    )
  })
})
