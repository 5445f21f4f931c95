import type { NumberRanges } from './sequence-set.ts'

/** Those of the ascending numbers that are in a range: the cost is that of what is found, however wide the ranges. */
export function numbersIn<N extends number>(ranges: NumberRanges, sorted: readonly N[]): N[] {
  const found: N[] = []
  let at = 0
  for (const [low, high] of ranges) {
    at = firstNotBelow(sorted, low, at)
    for (let number = sorted[at]; number !== undefined && number <= high; number = sorted[at]) {
      found.push(number)
      at += 1
    }
    if (at >= sorted.length) break
  }
  return found
}

/** Indexes, from 0, of the messages whose numbers, from 1, are in a range; there are `count` messages, and numbers above it are passed over. */
export function indexesIn(ranges: NumberRanges, count: number): number[] {
  const found: number[] = []
  for (const [low, high] of ranges) {
    if (low > count) break
    for (let number = low; number <= Math.min(high, count); number += 1) found.push(number - 1)
  }
  return found
}

/** Index of the first number that is not below `low`, not before `from`. */
function firstNotBelow(sorted: readonly number[], low: number, from: number): number {
  let start = from
  let end = sorted.length
  while (start < end) {
    const middle = (start + end) >>> 1
    if ((sorted[middle] ?? low) < low) start = middle + 1
    else end = middle
  }
  return start
}
