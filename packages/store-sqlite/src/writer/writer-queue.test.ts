import type { AccountId, Delivery } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import type { WriterJob, WriterRequest } from './protocol.ts'
import { WriterQueue } from './writer-queue.ts'

const change = (account: number): WriterJob => ({ kind: 'transact', account, ops: [] })
const slice = (account: number): WriterJob => ({ kind: 'purgeAccount', account })

function delivery(account: number, recipients = 1): WriterJob {
  const local = Array.from({ length: recipients }, (): Delivery['local'][number] => ({
    accountId: `a${account}` as AccountId,
    role: 'inbox',
    keywords: [],
  }))
  return { kind: 'deliver', delivery: { content: new Uint8Array(), receivedAt: 1, local } }
}

function filled(jobs: readonly WriterJob[]): WriterQueue {
  const queue = new WriterQueue()
  for (const [id, job] of jobs.entries()) queue.push({ id, now: 1, job })
  return queue
}

const ids = (requests: readonly WriterRequest[]): number[] => requests.map(({ id }) => id)

describe('what waits for the writer', () => {
  it('is given a turn account by account, in the order of each', () => {
    const queue = filled([change(1), change(1), change(1), change(2), delivery(3)])
    expect(ids(queue.take())).toEqual([4, 0, 3, 1, 2])
    expect(queue.isEmpty).toBe(true)
  })

  it('goes between the slices of what is much: one slice a turn, and no turn for a slice while others wait since the last', () => {
    const queue = filled([slice(1), slice(2), delivery(3)])
    expect(ids(queue.take())).toEqual([2])
    queue.push({ id: 7, now: 1, job: delivery(3) })
    expect(ids(queue.take())).toEqual([0])
    expect(ids(queue.take())).toEqual([7])
    expect(ids(queue.take())).toEqual([1])
    expect(queue.take()).toEqual([])
  })

  it('does not keep slices waiting for ever: they have every other turn', () => {
    const queue = filled([slice(1), ...Array.from({ length: 300 }, () => change(2))])
    expect(ids(queue.take())).toHaveLength(100)
    expect(ids(queue.take())).toEqual([0])
  })

  it('is no more in a turn than some hundred rows of deliveries', () => {
    const queue = filled(Array.from({ length: 30 }, () => delivery(1, 19)))
    expect(queue.take()).toHaveLength(10)
  })

  it('that was taken and not begun is the first of the next turn', () => {
    const queue = filled([change(1), change(2), change(3), delivery(4)])
    const [, ...rest] = queue.take()
    queue.push({ id: 9, now: 1, job: change(0) })
    queue.putBack(rest)
    expect(ids(queue.take())).toEqual([0, 1, 2, 9])
  })
})
