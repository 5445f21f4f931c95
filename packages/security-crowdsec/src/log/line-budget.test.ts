import { describe, expect, it } from 'vitest'

import { LineBudget } from './line-budget.ts'

describe('LineBudget', () => {
  it('grants a burst, then so many a second, and says how many were left out', () => {
    const budget = new LineBudget({ burst: 3, perSecond: 2 })
    const first = Array.from({ length: 5 }, () => budget.take('a', 0))
    expect(first).toEqual([0, 0, 0, undefined, undefined])
    expect(budget.take('a', 500)).toBe(2)
    expect(budget.take('a', 501)).toBeUndefined()
    expect(budget.take('a', 60_000)).toBe(1)
  })

  it('judges each source by itself', () => {
    const budget = new LineBudget({ burst: 1, perSecond: 1 })
    expect(budget.take('a', 0)).toBe(0)
    expect(budget.take('b', 0)).toBe(0)
    expect(budget.take('a', 0)).toBeUndefined()
  })

  it('forgets the oldest sources, not the ones that are at it', () => {
    const budget = new LineBudget({ burst: 1, perSecond: 0 })
    for (let count = 0; count < 20_001; count += 1) budget.take(`${count}`, 0)
    expect(budget.take('20000', 0)).toBeUndefined()
    expect(budget.take('0', 0)).toBe(0)
  })
})
