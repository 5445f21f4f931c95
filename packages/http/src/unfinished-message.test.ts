import { expect, it } from 'vitest'

import { UnfinishedMessage } from './unfinished-message.ts'

const pingBytes = 6 + 4

it('is as old as its first bytes, pings between its frames or not', () => {
  const unfinished = new UnfinishedMessage()
  unfinished.add(3, 1000)
  unfinished.add(pingBytes + 1, 2000)
  unfinished.addControlFrame(4)
  unfinished.add(pingBytes, 3000)
  unfinished.addControlFrame(4)
  expect(unfinished.ageMs(5000)).toBe(4000)
})

it('is none between messages, and where there are pings alone', () => {
  const unfinished = new UnfinishedMessage()
  unfinished.add(20, 1000)
  unfinished.end()
  expect(unfinished.ageMs(9000)).toBe(0)
  unfinished.add(2 * pingBytes, 2000)
  unfinished.addControlFrame(4)
  unfinished.addControlFrame(4)
  expect(unfinished.ageMs(9000)).toBe(0)
  unfinished.add(1, 3000)
  expect(unfinished.ageMs(9000)).toBe(6000)
})
