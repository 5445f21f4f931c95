import { expect, it } from 'vitest'

import { pauseMs } from './poll-pause.ts'

function delays(random: number): number[] {
  return [0, 1, 2, 3, 5, 20].map((failures) => pauseMs({ pollMs: 1000, failures, random }))
}

it('waits longer after each failure, up to half a minute, each server its own time', () => {
  expect(delays(1)).toEqual([1000, 2000, 4000, 8000, 30_000, 30_000])
  expect(delays(0)).toEqual([1000, 1000, 2000, 4000, 15_000, 15_000])
  expect(pauseMs({ pollMs: 3_600_000, failures: 3, random: 0 })).toBe(1_800_000)
})
