import { DataMemory, type AccountId } from '@gatepost/core'
import { expect, it } from 'vitest'

import { WaitingLine } from './waiting-line.ts'
import { WorkPlace } from './work-place.ts'

const account = 'a1' as AccountId
const memory = new DataMemory({ maxBytesInFlight: 1000, maxMessageBytes: 500 })

it.each([
  ['when the client goes, if the work is done', ['end', 'close']],
  ['when the work is done, if the client has gone', ['close', 'end']],
] as const)('a place and its memory are free %s', async (_when, [first, second]) => {
  const line = new WaitingLine({ maxInside: 1, maxWaiting: 0, waitMs: 60_000 })
  const place = new WorkPlace(line.enter(account))
  const share = memory.enter(account)
  place.begin(share)
  share.take(100)
  place[first]()
  expect(await line.enter(account).turn).toBe('full')
  share.take(100)
  expect(memory.usedBytes).toBe(200)
  place[second]()
  expect(memory.usedBytes).toBe(0)
  expect(await line.enter(account).turn).toBe('inside')
})
