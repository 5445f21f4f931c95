import { expect, it } from 'vitest'

import { FilterFixture } from './filter-fixture.ts'

const batchSize = 2000
const total = 50_000

/** Of both sides. A whole list takes the engine half a second. */
function drivenClock(): { at: number; now: () => number; monotonic: () => number } {
  const clock = { at: 1_700_000_000_000, now: () => clock.at, monotonic: () => clock.at }
  return clock
}

it.each(['1.4.6', '1.7'] as const)(
  'release %s: of 50,000 decisions imported in batches while they are polled all are enforced 15 seconds after the last, whatever the deltas miss',
  async (release) => {
    const clock = drivenClock()
    await using fixture = await FilterFixture.open({ release, now: clock.now })
    const { lapi } = fixture
    // As with a long list that is known already: the next whole one would be due in minutes.
    lapi.commitMeanwhile = () => (clock.at += 2500)
    const filter = await fixture.started({ clock, pollMs: 3_600_000, reconcileMs: 300_000 })
    const values = Array.from(
      { length: total },
      (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    )
    const importBatch = (): void => {
      for (const value of values.splice(0, batchSize)) lapi.add({ value })
    }
    // A batch each half second, of which every other one commits while the Local API answers, a poll each second.
    lapi.commitMeanwhile = () => {
      clock.at += 100
      importBatch()
    }
    let hasMissed = false
    while (values.length > 0) {
      clock.at += 500
      importBatch()
      clock.at += 400
      await filter.poll()
      if (filter.status().decisions < total - values.length) hasMissed = true
    }
    lapi.commitMeanwhile = () => (clock.at += 500)
    expect(hasMissed).toBe(true)
    const until = clock.at + 15_000
    while (clock.at < until && filter.status().decisions < total) {
      clock.at += 1000
      await filter.poll()
    }
    expect(filter.status().decisions).toBe(total)
    expect(clock.at).toBeLessThanOrEqual(until)
  },
)

it('an answer that takes longer than a second is followed by a whole list: what commits meanwhile is in no delta', async () => {
  const clock = drivenClock()
  await using fixture = await FilterFixture.open({ now: clock.now })
  const { lapi } = fixture
  const filter = await fixture.started({ clock, pollMs: 3_600_000, reconcileMs: 300_000 })
  // The first list takes so long that the next one is not due for minutes.
  lapi.commitMeanwhile = () => (clock.at += 10_000)
  clock.at += 5000
  await filter.poll()
  lapi.commitMeanwhile = () => {
    clock.at += 2000
    lapi.add({ value: '192.0.2.1' })
  }
  clock.at += 1000
  await filter.poll()
  lapi.commitMeanwhile = undefined
  for (let seconds = 0; seconds < 60 && filter.status().decisions === 0; seconds += 1) {
    clock.at += 1000
    await filter.poll()
  }
  expect(filter.decisions().map(({ value }) => value)).toEqual(['192.0.2.1'])
})

it('a list that is long and does not change is fetched as seldom as before', async () => {
  const clock = drivenClock()
  await using fixture = await FilterFixture.open({ now: clock.now })
  const { lapi } = fixture
  for (let count = 0; count < 2000; count += 1)
    lapi.add({ value: `10.0.${count >> 8}.${count & 255}` })
  const filter = await fixture.started({ clock, pollMs: 3_600_000, reconcileMs: 300_000 })
  lapi.commitMeanwhile = () => (clock.at += 900)
  for (let seconds = 0; seconds < 600; seconds += 1) {
    clock.at += 1000
    await filter.poll()
  }
  const whole = lapi.requests.filter(({ url }) => url.includes('startup=true'))
  // At the start, once more after the bulk of the start, and then each minute and a half.
  expect(whole.length).toBeLessThanOrEqual(16)
})
