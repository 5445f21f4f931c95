import { expect, it } from 'vitest'

import { defaultRetrySchedule, retryDelayMs } from './retry-schedule.ts'

it('doubles the wait up to four hours', () => {
  const minutes = [0, 1, 2, 3, 4, 5, 6, 60].map(
    (attempts) => retryDelayMs(defaultRetrySchedule, attempts, 0.5) / 60_000,
  )
  expect(minutes).toEqual([5, 10, 20, 40, 80, 160, 240, 240])
})

it('spreads tries by a tenth', () => {
  expect(retryDelayMs(defaultRetrySchedule, 0, 0)).toBe(270_000)
  expect(retryDelayMs(defaultRetrySchedule, 0, 0.999_999)).toBeCloseTo(330_000, -1)
})
