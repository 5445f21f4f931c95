import type { QueueLease, QueueOutcome } from '@gatepost/core'
import { expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'

const clock = { now: () => 1_000, monotonic: () => 1_000 }
const ask = { now: 1_000, leaseMs: 3_600_000, limit: 10 }

async function enqueue(
  { mail }: Awaited<ReturnType<typeof openIn>>,
  ...addresses: string[]
): Promise<void> {
  await mail.deliver({
    content: Buffer.from('Subject: out\r\n\r\n'),
    receivedAt: 1,
    local: [],
    outbound: {
      reversePath: '',
      recipients: addresses.map((address) => ({ address, notify: [], originalRecipient: null })),
      accountId: null,
      envelopeId: null,
      dsnReturn: 'headers',
      isTlsRequired: false,
    },
  })
}

function addressesOf(leases: readonly QueueLease[]): string[] {
  return leases.flatMap(({ recipients }) => recipients.map(({ address }) => address))
}

function all(lease: QueueLease, outcome: (address: string) => QueueOutcome): QueueOutcome[] {
  return lease.recipients.map(({ address }) => outcome(address))
}

function putOff(address: string): QueueOutcome {
  return { kind: 'deferred', address, nextAttemptAt: 1, reply: 'x', isDelayReported: false }
}

it('what a dead server was sending is due again as soon as the next one asks', async () => {
  using folder = makeFolder()
  const first = await openIn(folder.path, { clock })
  await enqueue(first, 'you@elsewhere.example')
  expect(await first.queue.lease(ask)).toHaveLength(1)
  expect(await first.queue.lease(ask)).toHaveLength(0)
  // As if it had died there: nothing is settled.
  await first[Symbol.asyncDispose]()
  await using tool = await openIn(folder.path, { mode: 'tool', clock })
  // A server may be running: nobody's lease is taken from him.
  expect(await tool.queue.lease(ask)).toHaveLength(0)
  await using second = await openIn(folder.path, { clock })
  const later = { ...ask, now: ask.now + 1000 }
  expect(addressesOf(await second.queue.lease(later))).toEqual(['you@elsewhere.example'])
  expect(await second.queue.lease(later)).toHaveLength(0)
})

it('what two processes lease is each its own, a domain is of one of them, and neither settles for the other', async () => {
  using folder = makeFolder()
  await using one = await openIn(folder.path, { clock })
  await using other = await openIn(folder.path, { mode: 'tool', clock })
  await enqueue(one, 'a@one.example', 'b@two.example')
  await enqueue(one, 'c@one.example', 'd@three.example')
  const [mine, theirs] = [
    await one.queue.lease({ ...ask, limit: 3 }),
    await other.queue.lease({ ...ask, limit: 20 }),
  ]
  expect(addressesOf(mine)).toEqual(['a@one.example', 'b@two.example'])
  expect(addressesOf(theirs)).toEqual(['d@three.example'])
  const [held] = mine
  if (held === undefined) throw new Error('no lease')
  await other.queue.settle(held, all(held, putOff))
  expect(await other.queue.lease(ask)).toEqual([])
  await one.queue.settle(
    held,
    all(held, (address) => ({ kind: 'done', address })),
  )
  expect(addressesOf(await other.queue.lease(ask))).toEqual(['c@one.example'])
})

it('what a server holds falls due when its lease ends, for a process that cannot know whether it is dead', async () => {
  using folder = makeFolder()
  await using server = await openIn(folder.path, { clock })
  await using other = await openIn(folder.path, { mode: 'tool', clock })
  await enqueue(server, 'a@one.example')
  const [lease] = await server.queue.lease(ask)
  const until = lease?.leaseUntil ?? expect.unreachable()
  expect(until).toBe(ask.now + ask.leaseMs)
  expect(await other.queue.nextDueAt(ask.now)).toBe(until)
  expect(await other.queue.lease({ ...ask, now: until - 1 })).toEqual([])
  expect(addressesOf(await other.queue.lease({ ...ask, now: until }))).toEqual(['a@one.example'])
})
