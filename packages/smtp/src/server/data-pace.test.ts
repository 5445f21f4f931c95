import { expect, it } from 'vitest'

import { DataPace } from './data-pace.ts'
import { defaultSmtpLimits } from './smtp-limits.ts'

/** Milliseconds until the pace ends it, or undefined when all came. */
function endOf(message: {
  readonly bytes: number
  readonly perSecond: number
  readonly everyMs: number
}): number | undefined {
  const pace = new DataPace(defaultSmtpLimits, 0)
  const block = (message.perSecond * message.everyMs) / 1000
  for (let now = 0, came = 0; came < message.bytes; came += block) {
    if (pace.left(now + message.everyMs) <= 0) return now + pace.left(now)
    now += message.everyMs
    pace.came(block, now)
  }
  return undefined
}

it('a byte every 4 minutes ends after the patience', () => {
  expect(endOf({ bytes: 10, perSecond: 1 / 240, everyMs: 240_000 })).toBe(
    defaultSmtpLimits.dataPatienceMs,
  )
})

it('35 MB at 2 KB a second get through, in blocks of a minute too', () => {
  for (const everyMs of [10, 1000, 60_000])
    expect(endOf({ bytes: 35_000_000, perSecond: 2000, everyMs })).toBeUndefined()
})

it('512 bytes a second end, after twice the patience', () => {
  expect(endOf({ bytes: 35_000_000, perSecond: 512, everyMs: 100 })).toBeCloseTo(
    2 * defaultSmtpLimits.dataPatienceMs,
    -4,
  )
})

it('who sends 30 MB at once cannot hold them for longer than the patience', () => {
  const pace = new DataPace(defaultSmtpLimits, 0)
  pace.came(30_000_000, 1000)
  expect(pace.left(1000)).toBe(defaultSmtpLimits.dataPatienceMs)
})
