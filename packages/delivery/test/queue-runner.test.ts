import { MailError } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { defaultRetrySchedule, type DeliveryOptions } from '../src/index.ts'
import { DeliveryFixture, recipient, soon } from './delivery-fixture.ts'

let fixture: DeliveryFixture
beforeEach(async () => {
  fixture = await DeliveryFixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

function fail(): Promise<never> {
  return Promise.reject(new Error('a defect'))
}

async function lastReply(): Promise<unknown> {
  return (await fixture.store.queue.list(10))[0]?.recipients[0]?.lastReply
}

describe('a queue', () => {
  it('of two runners sends nothing twice, and has one conversation with a domain at a time', async () => {
    const active = new Set<string>()
    const twice: string[] = []
    const queue = fixture.queueWith({
      lease: async (options) => {
        const leases = await fixture.store.queue.lease(options)
        for (const { domain } of leases) {
          if (active.has(domain)) twice.push(domain)
          active.add(domain)
        }
        return leases
      },
      settle: (lease, outcomes) => {
        active.delete(lease.domain)
        return fixture.store.queue.settle(lease, outcomes)
      },
    })
    const { intake } = fixture.start({ queue })
    fixture.start({ queue })
    const sent: string[] = []
    for (let round = 0; round < 12; round += 1) {
      const to = ['a', 'b', 'c'].map((name) => `${name}${round}@${name}.example`)
      sent.push(...to)
      await intake.submit(fixture.submission(to.map((address) => recipient(address))))
    }
    await fixture.queueEmpty()
    expect(fixture.sink.messages.flatMap(({ to }) => to).toSorted()).toEqual(sent.toSorted())
    expect(twice).toEqual([])
  })

  it('lets go of what has left it since', async () => {
    const settled = Promise.withResolvers<unknown>()
    const queue = fixture.queueWith({
      content: async () => undefined,
      settle: async (lease, outcomes) => {
        await fixture.store.queue.settle(lease, outcomes)
        settled.resolve(outcomes)
      },
    })
    await fixture.start({ queue }).intake.submit(fixture.submission([recipient('a@example.org')]))
    expect(await settled.promise).toEqual([{ kind: 'done', address: 'a@example.org' }])
    expect(await fixture.store.queue.list(10)).toEqual([])
    expect(fixture.sink.messages).toEqual([])
    expect(await fixture.inbox('me@example.test')).toEqual([])
  })

  it.each([
    ['a look-up', (): Partial<DeliveryOptions> => ({ hosts: { find: fail } })],
    [
      'the content',
      (): Partial<DeliveryOptions> => ({ queue: fixture.queueWith({ content: fail }) }),
    ],
  ])(
    'counts a failure of its own with %s as a try, and gives up in the end',
    async (_of, broken) => {
      {
        await using first = fixture.make({ ...broken(), schedule: defaultRetrySchedule })
        first.start()
        await first.intake.submit(fixture.submission([recipient('a@example.org')]))
        await expect.poll(lastReply, { timeout: 60_000 }).toBe('451 4.3.0 internal error')
        const [entry] = await fixture.store.queue.list(10)
        expect(entry?.recipients).toMatchObject([{ state: 'waiting', attempts: 1 }])
      }
      fixture.start({ ...broken(), schedule: { ...soon, giveUpMs: 0 } })
      await fixture.store.queue.retry()
      await fixture.queueEmpty()
      expect(await fixture.inbox('me@example.test')).toMatchObject([
        expect.stringContaining('Status: 5.3.0'),
      ])
    },
  )

  it('settles in the end what a busy store would not take at once, and sends nothing twice', async () => {
    let refusals = 0
    const queue = fixture.queueWith({
      settle: async (lease, outcomes) => {
        refusals += 1
        if (refusals === 1) throw new MailError('busy', 'fixture.store.busy', 'the disk is full')
        await fixture.store.queue.settle(lease, outcomes)
      },
    })
    await fixture.start({ queue }).intake.submit(fixture.submission([recipient('a@example.org')]))
    await fixture.queueEmpty()
    expect(refusals).toBe(2)
    expect(fixture.sink.messages).toHaveLength(1)
  })

  it('sends nothing twice for the sake of a report that cannot be made', async () => {
    fixture.sink.behave({
      reply: (command) => (command.startsWith('RCPT') ? '550 5.1.1 no' : undefined),
    })
    const { intake } = fixture.start({
      store: {
        deliver: (message) =>
          message.outbound === undefined
            ? Promise.reject(new Error('a defect'))
            : fixture.store.mail.deliver(message),
      },
    })
    await intake.submit(fixture.submission([recipient('a@example.org')]))
    await fixture.queueEmpty()
    expect(fixture.sink.commands.filter((command) => command.startsWith('RCPT'))).toHaveLength(1)
  })
})
