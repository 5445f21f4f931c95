import { describe, expect, it } from 'vitest'

import { forgetOldest } from './forget-oldest.ts'

describe('forgetOldest', () => {
  it('removes from the front what is more than the most, of a map and of a set', () => {
    const map = new Map([1, 2, 3].map((key) => [key, key]))
    forgetOldest(map, 2)
    expect([...map.keys()]).toEqual([2, 3])
    const set = new Set([1, 2, 3])
    forgetOldest(set, 1)
    expect([...set]).toEqual([3])
  })

  it('removes what is over up to the first that is not', () => {
    const until = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 9],
      ['d', 1],
    ])
    forgetOldest(until, 10, (end) => end <= 2)
    expect([...until.keys()]).toEqual(['c', 'd'])
  })
})
