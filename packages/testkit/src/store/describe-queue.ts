/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { AccountId, QueueId, QueueLease } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import {
  addTestAccount,
  type OpenStoreFixture,
  type StoreFixture,
  testMessage,
} from './store-fixture.ts'

function enqueue(store: StoreFixture, ...addresses: string[]): Promise<QueueId> {
  return enqueueWith(store, {}, ...addresses)
}

async function enqueueWith(
  store: StoreFixture,
  { accountId = null, notBefore }: { accountId?: AccountId | null; notBefore?: number },
  ...addresses: string[]
): Promise<QueueId> {
  const { queueId } = await store.mail.deliver({
    content: testMessage({ body: addresses.join() }),
    receivedAt: 1,
    local: [],
    outbound: {
      reversePath: 'me@example.test',
      recipients: addresses.map((address) => ({
        address,
        notify: ['failure', 'delay'],
        originalRecipient: null,
      })),
      accountId,
      envelopeId: null,
      dsnReturn: 'full',
      isTlsRequired: false,
      notBefore,
    },
  })
  if (queueId === null) throw new Error('nothing was enqueued')
  return queueId
}

const due = { leaseMs: 100, limit: 10 }
const addressesOf = ({ recipients }: QueueLease): string[] =>
  recipients.map(({ address }) => address)

/** The contract of Queue and QueueAdmin, for any adapter. */
export function describeQueue(name: string, open: OpenStoreFixture): void {
  describe(`${name}: Queue`, () => {
    it('leases the due recipients of a message by domain, oldest first, one message for a domain', async () => {
      await using store = await open()
      store.setNow(1_000)
      const first = await enqueue(store, 'a@one.test', 'b@one.test', 'c@two.test')
      store.setNow(1_001)
      const second = await enqueue(store, 'd@one.test')
      expect(await store.queue.nextDueAt(0)).toBe(1_000)
      expect(await store.queue.nextDueAt(1_000)).toBe(1_001)
      const leases = await store.queue.lease({ ...due, now: 2_000 })
      expect(leases.map((lease) => [lease.message.id, lease.domain, addressesOf(lease)])).toEqual([
        [first, 'one.test', ['a@one.test', 'b@one.test']],
        [first, 'two.test', ['c@two.test']],
      ])
      expect(leases[0]).toMatchObject({
        leaseUntil: 2_100,
        message: { reversePath: 'me@example.test', createdAt: 1_000, accountId: null },
        recipients: [{ state: 'leased', attempts: 0, notify: ['failure', 'delay'] }, {}],
      })
      // The other message of the domain waits for its lease.
      expect(await store.queue.lease({ ...due, now: 2_099 })).toEqual([])
      expect(await store.queue.nextDueAt(2_000)).toBe(2_100)
      const [busy] = leases
      if (busy === undefined) throw new Error('no lease')
      const done = addressesOf(busy).map((address) => ({ kind: 'done', address }) as const)
      await store.queue.settle(busy, done)
      const [next] = await store.queue.lease({ ...due, now: 2_099 })
      expect(next?.message.id).toBe(second)
    })

    it('holds a message until its time, or until the administrator lets it go', async () => {
      await using store = await open()
      store.setNow(1_000)
      const held = await enqueueWith(store, { notBefore: 5_000 }, 'a@one.test')
      await enqueueWith(store, { notBefore: 900 }, 'b@one.test')
      const first = await store.queue.lease({ ...due, now: 4_999 })
      expect(first.flatMap(addressesOf)).toEqual(['b@one.test'])
      for (const lease of first)
        await store.queue.settle(lease, [{ kind: 'done', address: 'b@one.test' }])
      expect((await store.queue.lease({ ...due, now: 5_000, limit: 1 })).length).toBe(1)
      const other = await enqueueWith(store, { notBefore: 9_000 }, 'c@two.test')
      store.setNow(2_000)
      expect(await store.queue.retry(other)).toBe(1)
      const released = await store.queue.lease({ ...due, now: 2_000 })
      expect(released.map(({ message }) => message.id)).toEqual([other])
      expect(held).not.toBe(other)
    })

    it('leases anew what a runner that died has held', async () => {
      await using store = await open()
      store.setNow(1_000)
      await enqueue(store, 'a@one.test')
      const [before] = await store.queue.lease({ ...due, now: 1_000 })
      const [after] = await store.queue.lease({ ...due, now: 1_100 })
      expect(after?.recipients).toMatchObject(
        before?.recipients.map(({ address }) => ({ address })) ?? [],
      )
    })

    it('keeps to the limit, and gives nothing to two who ask at once', async () => {
      await using store = await open()
      store.setNow(1_000)
      const domains = Array.from({ length: 20 }, (_, at) => `d${at + 10}.test`)
      for (const local of ['a', 'b'])
        await enqueue(store, ...domains.map((domain) => `${local}@${domain}`))
      const ask = { ...due, now: 1_000, limit: 4 }
      const leases = (
        await Promise.all(Array.from({ length: 8 }, () => store.queue.lease(ask)))
      ).flat()
      const leased = leases.map(({ domain }) => domain)
      expect(new Set(leased).size).toBe(leased.length)
      expect(leases.every(({ recipients }) => recipients.length === 1)).toBe(true)
    })

    it('one sender takes half of what is free, and leaves room for the next', async () => {
      await using store = await open()
      store.setNow(1_000)
      const { id: many } = await addTestAccount(store, 'many')
      const { id: few } = await addTestAccount(store, 'few')
      const domains = Array.from({ length: 20 }, (_, at) => `a@d${at + 10}.test`)
      await enqueueWith(store, { accountId: many }, ...domains)
      await enqueueWith(store, { accountId: few }, 'a@one.test', 'a@two.test')
      const leases = await store.queue.lease({ ...due, now: 1_000 })
      const senders = leases.map(({ message }) => message.accountId)
      expect(senders).toEqual([many, many, many, many, many, few, few])
      // By what each holds already.
      expect(await store.queue.lease({ ...due, now: 1_000, limit: 3 })).toEqual([])
      const more = await store.queue.lease({ ...due, now: 1_000, limit: 20 })
      expect(more).toHaveLength(8)
    })

    it('settles recipients one by one; the last takes the message along', async () => {
      await using store = await open()
      store.setNow(1_000)
      const id = await enqueue(store, 'a@one.test', 'b@one.test')
      const [lease] = await store.queue.lease({ ...due, now: 1_000 })
      if (lease === undefined) throw new Error('no lease')
      await store.queue.settle(lease, [
        { kind: 'done', address: 'a@one.test' },
        {
          kind: 'deferred',
          address: 'b@one.test',
          nextAttemptAt: 5_000,
          reply: '451 later',
          isDelayReported: true,
        },
      ])
      expect(await store.queue.list(10)).toMatchObject([
        {
          message: { id },
          recipients: [
            {
              address: 'b@one.test',
              state: 'waiting',
              attempts: 1,
              nextAttemptAt: 5_000,
              lastReply: '451 later',
              isDelayReported: true,
            },
          ],
        },
      ])
      expect(await store.queue.nextDueAt(0)).toBe(5_000)
      expect(await store.queue.content(id)).toBeDefined()
      const [again] = await store.queue.lease({ ...due, now: 5_000 })
      if (again === undefined) throw new Error('no lease')
      await store.queue.settle(again, [{ kind: 'done', address: 'b@one.test' }])
      expect(await store.queue.list(10)).toEqual([])
      expect(await store.queue.content(id)).toBeUndefined()
      expect(await store.queue.nextDueAt(0)).toBeUndefined()
    })

    it('does not let a runner whose lease has ended put off what another holds', async () => {
      await using store = await open()
      store.setNow(1_000)
      await enqueue(store, 'a@one.test')
      const [stale] = await store.queue.lease({ ...due, now: 1_000 })
      const [held] = await store.queue.lease({ ...due, now: 1_200 })
      if (stale === undefined || held === undefined) throw new Error('no lease')
      const deferred = {
        kind: 'deferred',
        address: 'a@one.test',
        nextAttemptAt: 9_000,
        reply: 'x',
        isDelayReported: false,
      } as const
      await store.queue.settle(stale, [deferred])
      expect(await store.queue.nextDueAt(0)).toBe(held.leaseUntil)
    })

    it('tells when something is enqueued', async () => {
      await using store = await open()
      let told = 0
      const end = store.queue.onEnqueued(() => (told += 1))
      await enqueue(store, 'a@one.test')
      expect(told).toBe(1)
      end()
      await enqueue(store, 'b@one.test')
      expect(told).toBe(1)
    })

    it('is retried and emptied by the administrator', async () => {
      await using store = await open()
      store.setNow(1_000)
      const id = await enqueue(store, 'a@one.test', 'b@two.test')
      await enqueue(store, 'c@three.test')
      for (const lease of await store.queue.lease({ ...due, now: 1_000 }))
        await store.queue.settle(
          lease,
          addressesOf(lease).map((address) => ({
            kind: 'deferred',
            address,
            nextAttemptAt: 99_000,
            reply: 'x',
            isDelayReported: false,
          })),
        )
      store.setNow(3_000)
      expect(await store.queue.retry(id)).toBe(2)
      expect(await store.queue.nextDueAt(0)).toBe(3_000)
      expect(await store.queue.retry()).toBe(3)
      await store.queue.delete(id)
      expect(await store.queue.list(10)).toHaveLength(1)
      expect(await store.queue.content(id)).toBeUndefined()
      for (const attempt of [
        () => store.queue.delete(id),
        () => store.queue.retry('q0' as QueueId),
      ])
        await expect(attempt()).rejects.toMatchObject({ code: 'queue.notFound' })
    })
  })
}
