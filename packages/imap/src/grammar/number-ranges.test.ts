import fc from 'fast-check'
import { expect, it } from 'vitest'

import { indexesIn, numbersIn } from './number-ranges.ts'
import { resolveRanges } from './sequence-set.ts'

it('finds UIDs in ranges wider than any loop could go', () => {
  expect(numbersIn([[1, 4_294_967_295]], [3, 70_000, 4_000_000_000])).toEqual([
    3, 70_000, 4_000_000_000,
  ])
  expect(numbersIn([[4, 9]], [3, 10])).toEqual([])
  expect(numbersIn([[1, 9]], [])).toEqual([])
})

it('finds the numbers a filter finds', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 100 }))
  const number = fc.integer({ min: 1, max: 120 })
  fc.assert(
    fc.property(numbers, fc.array(fc.tuple(number, number)), (unsorted, set) => {
      const sorted = unsorted.toSorted((a, b) => a - b)
      const ranges = resolveRanges(set, 120)
      const isIn = (n: number): boolean => ranges.some(([low, high]) => n >= low && n <= high)
      expect(numbersIn(ranges, sorted)).toEqual(sorted.filter(isIn))
      const indexes = Array.from({ length: 50 }, (_, i) => i)
      expect(indexesIn(ranges, 50)).toEqual(indexes.filter((i) => isIn(i + 1)))
    }),
  )
})

it('passes over message numbers that are not there', () => {
  expect(indexesIn([[2, 4_294_967_295]], 3)).toEqual([1, 2])
  expect(indexesIn([[4, 9]], 3)).toEqual([])
  expect(indexesIn([[1, 9]], 0)).toEqual([])
})
