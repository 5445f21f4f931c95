import { describe, expect, it } from 'vitest'

import { FullListSchedule } from './full-list-schedule.ts'

describe('FullListSchedule', () => {
  it.each([
    ['cheap', 1, 5000],
    ['a hundredth of the time', 100, 10_000],
    ['expensive', 60_000, 300_000],
  ])('asks again as often as it is %s', (_name, tookMs, dueAfterMs) => {
    const schedule = new FullListSchedule({ atLeastEveryMs: 300_000 })
    expect(schedule.isDue(0)).toBe(true)
    schedule.came(1000, 1000 + tookMs)
    expect(schedule.isDue(1000 + dueAfterMs - 1)).toBe(false)
    expect(schedule.isDue(1000 + dueAfterMs)).toBe(true)
  })

  it('asks five seconds after a bulk of decisions, ten at the latest while more of it comes', () => {
    const schedule = new FullListSchedule({ atLeastEveryMs: 300_000 })
    schedule.came(0, 500)
    schedule.mayHaveMissed(10_000)
    expect(schedule.isDue(14_999)).toBe(false)
    expect(schedule.isDue(15_000)).toBe(true)
    for (let now = 11_000; now < 20_000; now += 1000) schedule.mayHaveMissed(now)
    expect(schedule.isDue(19_999)).toBe(false)
    expect(schedule.isDue(20_000)).toBe(true)
    schedule.came(20_000, 20_500)
    expect(schedule.isDue(69_999)).toBe(false)
    expect(schedule.isDue(70_000)).toBe(true)
  })

  it('gives no more than a fifth of the time to whole lists, however much comes in', () => {
    const schedule = new FullListSchedule({ atLeastEveryMs: 300_000 })
    schedule.came(0, 4000)
    schedule.mayHaveMissed(4000)
    expect(schedule.isDue(19_999)).toBe(false)
    expect(schedule.isDue(20_000)).toBe(true)
  })

  it('asks at once after a failure, and as often as it is told to', () => {
    const schedule = new FullListSchedule({ atLeastEveryMs: 2000 })
    schedule.came(0, 1)
    expect(schedule.isDue(1999)).toBe(false)
    expect(schedule.isDue(2000)).toBe(true)
    schedule.came(2000, 2001)
    schedule.now()
    expect(schedule.isDue(2002)).toBe(true)
  })
})
