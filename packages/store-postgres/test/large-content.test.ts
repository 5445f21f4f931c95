import type { Account } from '@gatepost/core'
import { PostgresServer, worstMessages } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { openFixture, TestDatabases } from './postgres-fixture.ts'

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

const large = Buffer.concat([
  Buffer.from('Subject: large\r\n\r\n'),
  Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 31 + (at >> 9)) & 0xff)),
])

describe('large content, which a thread of its own reads', () => {
  it('comes back byte for byte, however it came in, and twice at once', async () => {
    await using fixture = await openFixture(databases)
    const { mail, directory } = fixture
    const { id } = await directory.addAccount('me@example.test', { hash: '' })
    const local = [{ accountId: id, role: 'inbox' as const, keywords: [] }]
    await Promise.all(
      [1, 2, 3].map((receivedAt) => mail.deliver({ content: large, receivedAt, local })),
    )
    const moved = new Uint8Array(large)
    moved.set(Buffer.from('Subject: moved'))
    const expected = Buffer.from(moved)
    await mail.deliver({ content: moved, receivedAt: 4, local, mayMoveContent: true })
    expect(moved.byteLength).toBe(0)
    const inbox = await mail.read(id, async ({ mailboxes }) => (await mailboxes.list())[0])
    if (inbox === undefined) throw new Error('a new account has INBOX')
    const [put] = await mail.transact(id, [
      { op: 'putBlob', content: large.subarray(10), expiresAt: Number.MAX_SAFE_INTEGER },
    ])
    const add = { op: 'addEmail', mailboxIds: [inbox.id], keywords: [], receivedAt: 5 } as const
    const added = await mail.transact(id, [{ ...add, content: put.blobId }])
    expect(added).toMatchObject([{ size: large.length - 10 }])
    const contents = await mail.read(id, async ({ memberships, blobs, emails }) => {
      const page = await memberships.page(inbox.id, 0, 10)
      const { found } = await emails.indexes(page.map(({ emailId }) => emailId))
      expect(found.size).toBe(5)
      return blobs.ranges(page.map(({ blobId, size }) => ({ id: blobId, start: 0, end: size })))
    })
    const wanted = [large, large, large, expected, large.subarray(10)]
    expect(contents.map((content, at) => content?.equals(wanted[at] ?? large))).toEqual(
      wanted.map(() => true),
    )
  })

  it('of one account keeps nothing of another waiting: each size has a thread', async () => {
    await using fixture = await openFixture(databases)
    const { mail, directory } = fixture
    const [me, you] = await Promise.all(
      ['me', 'you'].map((name) => directory.addAccount(`${name}@example.test`, { hash: '' })),
    )
    const order: string[] = []
    const deliver = async (name: string, to: Account | undefined, content: Buffer) => {
      if (to === undefined) throw new Error('no account')
      const local = [{ accountId: to.id, role: 'inbox', keywords: [] } as const]
      await mail.deliver({ content, receivedAt: 1, local })
      order.push(name)
    }
    const worst = worstMessages.find(({ name }) => name === 'header fields without a value')
    if (worst === undefined) throw new Error('no such message')
    const huge = deliver('huge', me, worst.make(30_000_000))
    await deliver('medium', you, Buffer.alloc(100_000, 'Subject: x\r\n'))
    await huge
    expect(order).toEqual(['medium', 'huge'])
  })

  it('is told to come back when the store closes before it is read', async () => {
    await using fixture = await openFixture(databases)
    const { id } = await fixture.directory.addAccount('me@example.test', { hash: '' })
    const local = [{ accountId: id, role: 'inbox' as const, keywords: [] }]
    await fixture.mail.deliver({ content: large, receivedAt: 1, local })
    await fixture.store[Symbol.asyncDispose]()
    const late = fixture.mail.deliver({ content: large, receivedAt: 2, local })
    await expect(late).rejects.toMatchObject({ code: 'store.closed' })
    const small = fixture.mail.deliver({ content: Buffer.from('x'), receivedAt: 2, local })
    await expect(small).rejects.toMatchObject({ code: 'store.busy' })
  })
})
