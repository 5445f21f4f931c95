import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compactSet, parallelSets } from './compact-set.ts'
import { parseSequenceSet } from './sequence-set.ts'

/** In the order written, as a client pairs the sets of COPYUID. */
function expand(text: string): number[] {
  return parseSequenceSet({ kind: 'sequence', text }).flatMap(([first, last]) => {
    const numbers: number[] = []
    for (let n = Number(first); n <= Number(last); n++) numbers.push(n)
    return numbers
  })
}

describe('compactSet', () => {
  it.each([
    [[], ''],
    [[7], '7'],
    [[1, 2, 3, 7], '1:3,7'],
    [[1, 3, 4, 9, 10], '1,3:4,9:10'],
  ])('writes %j as %j', (numbers, text) => {
    expect(compactSet(numbers)).toBe(text)
  })
})

describe('parallelSets', () => {
  it('breaks both ranges where one side has a gap', () => {
    const pairs = [
      { from: 1, to: 10 },
      { from: 2, to: 11 },
      { from: 3, to: 20 },
      { from: 7, to: 21 },
    ]
    expect(parallelSets(pairs)).toEqual({ from: '1:2,3,7', to: '10:11,20,21' })
    expect(parallelSets([])).toEqual({ from: '', to: '' })
  })

  it('keeps the nth of one side with the nth of the other', () => {
    const uid = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(fc.array(fc.record({ from: uid, to: uid }), { minLength: 1 }), (pairs) => {
        const { from, to } = parallelSets(pairs)
        expect(expand(from)).toEqual(pairs.map((pair) => pair.from))
        expect(expand(to)).toEqual(pairs.map((pair) => pair.to))
      }),
    )
  })
})
