/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Account, BlobId, EmailId, MailOp, SpooledContent } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, uidsOf } from './add-emails.ts'
import {
  accountNow,
  addTestAccount,
  blobBytes,
  contentsOf,
  mailboxWithRole,
  type OpenMailFixture,
  type MailFixture,
  testMessage,
} from './store-fixture.ts'

/** Every byte value, line ends of all kinds, and more than any page or chunk holds. */
const everyByte = Buffer.concat([
  testMessage({ subject: 'bytes', body: '\n\r\r\n\n.\r\n' }),
  Buffer.from(Array.from({ length: 700_001 }, (_, at) => (at * 7 + (at >> 8)) & 0xff)),
])

export function describeBlobs(open: OpenMailFixture): void {
  describe('blobs', () => {
    it('keep every byte, whole and in ranges', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const { blobId, size } = await addTo(store, account, [inbox], { content: everyByte })
      expect(size).toBe(everyByte.length)
      const ranges = [
        [0, size],
        [0, 1],
        [262_143, 262_145],
        [100, 600_000],
        [size - 1, size + 10],
        [size, size + 1],
        [-5, 5],
        [9, 9],
      ] as const
      for (const [start, end] of ranges) {
        const bytes = await blobBytes(store, account.id, { id: blobId, start, end })
        expect(bytes?.equals(everyByte.subarray(Math.max(0, start), end))).toBe(true)
      }
      expect(await sizesOf(store, account, [blobId])).toEqual([size])
    })

    it('that wait in a file are kept as those in memory, whichever way they come', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const folder = mkdtempSync(join(tmpdir(), 'gatepost-blobs-'))
      const path = join(folder, 'message')
      writeFileSync(path, everyByte)
      const spooled = (name: string): SpooledContent => {
        const head = Buffer.from(`Name: ${name}\r\n`)
        return { path, head, from: 10, size: head.length + everyByte.length - 10 }
      }
      const receivedAt = 1
      const local = [{ accountId: account.id, role: 'inbox', keywords: [] } as const]
      await store.mail.deliver({ content: spooled('delivered'), receivedAt, local })
      const email = { op: 'addEmail', mailboxIds: [inbox.id], keywords: [], receivedAt } as const
      await store.mail.transact(account.id, [{ ...email, content: spooled('added') }])
      const [{ blobId, size }] = await store.mail.transact(account.id, [
        { op: 'putBlob', content: spooled('uploaded'), expiresAt: Number.MAX_SAFE_INTEGER },
      ])
      await store.mail.transact(account.id, [{ ...email, content: blobId }])
      await expect(
        store.mail.deliver({ content: { ...spooled('x'), path: `${path}x` }, receivedAt, local }),
      ).rejects.toThrow(/./)
      rmSync(folder, { recursive: true })
      const names = ['delivered', 'added', 'uploaded']
      const wanted = names.map((name) =>
        Buffer.concat([spooled(name).head, everyByte.subarray(10)]),
      )
      expect(size).toBe(wanted[2]?.length)
      const stored = await contentsOf(store.mail, account.id, inbox.id)
      expect(stored.map((one, at) => one.equals(wanted[at] ?? Buffer.alloc(0)))).toEqual([
        true,
        true,
        true,
      ])
    })

    it.each([100, 700_000])('of %i bytes stay for who has them in a snapshot', async (bytes) => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const content = Buffer.alloc(bytes, 'x')
      const { blobId: id } = await addTo(store, account, [inbox], { content })
      const seen = await store.mail.read(account.id, async ({ blobs }) => {
        await store.mail.transact(account.id, [
          { op: 'expunge', mailboxId: inbox.id, onlyDeleted: false },
        ])
        return blobs.ranges([{ id, start: 0, end: bytes }])
      })
      expect(seen[0]?.equals(content)).toBe(true)
      expect(await blobBytes(store, account.id, { id })).toBeUndefined()
    })

    it('of nothing are empty', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const [put] = await store.mail.transact(account.id, [
        { op: 'putBlob', content: new Uint8Array(), expiresAt: Number.MAX_SAFE_INTEGER },
      ])
      expect(put.size).toBe(0)
      const bytes = await blobBytes(store, account.id, { id: put.blobId, end: 10 })
      expect(bytes).toEqual(Buffer.alloc(0))
    })

    it('are the same for the same bytes, and out of reach for who has not got them', async () => {
      await using store = await open()
      const [mine, theirs] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      const inbox = await mailboxWithRole(store, mine, 'inbox')
      const one = await addTo(store, mine, [inbox])
      const two = await addTo(store, mine, [inbox])
      expect(one.blobId).toBe(two.blobId)
      expect(await sizesOf(store, theirs, [one.blobId, 'nonsense' as BlobId])).toEqual([
        undefined,
        undefined,
      ])
      expect(await blobBytes(store, theirs.id, { id: one.blobId })).toBeUndefined()
      const theirInbox = await mailboxWithRole(store, theirs, 'inbox')
      await expect(
        store.mail.transact(theirs.id, [
          {
            op: 'addEmail',
            content: one.blobId,
            mailboxIds: [theirInbox.id],
            keywords: [],
            receivedAt: 1,
          },
        ]),
      ).rejects.toMatchObject({ code: 'blob.notFound' })
    })

    it('uploaded become emails, and go when they expire unused', async () => {
      await using store = await open()
      store.setNow(1_000_000)
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const content = testMessage({ subject: 'upload' })
      const put = { op: 'putBlob', expiresAt: 1_500_000 } as const
      const [used, unused] = await store.mail.transact(account.id, [
        { ...put, content },
        { ...put, content: Buffer.from('unused') },
      ])
      const [added] = await store.mail.transact(account.id, [
        {
          op: 'addEmail',
          content: used.blobId,
          mailboxIds: [inbox.id],
          keywords: [],
          receivedAt: 1,
        },
      ])
      const { found } = await store.mail.read(account.id, ({ emails }) =>
        emails.indexes([added.emailId, 'e0' as EmailId]),
      )
      expect([...found.values()].map(({ envelope }) => envelope.subject)).toEqual(['upload'])
      expect((await accountNow(store, account))?.usedBytes).toBe(content.length + 6)
      store.setNow(2_000_000)
      await store.mail.transact(account.id, [
        { op: 'putBlob', content: Buffer.from('x'), expiresAt: 3_000_000 },
      ])
      const sizes = await sizesOf(store, account, [used.blobId, unused.blobId])
      expect(sizes).toEqual([content.length, undefined])
      await store.mail.transact(account.id, [
        { op: 'expunge', mailboxId: inbox.id, onlyDeleted: false },
      ])
      expect(await sizesOf(store, account, [used.blobId])).toEqual([undefined])
      expect((await accountNow(store, account))?.usedBytes).toBe(1)
    })

    it('count against the quota at every door', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const content = testMessage({ body: 'x'.repeat(1_000) })
      await store.directory.setQuota(account.address, { bytes: content.length, emails: 0 })
      await addTo(store, account, [inbox], { content })
      expect(await accountNow(store, account)).toMatchObject({
        quota: { bytes: content.length, emails: 0 },
        usedBytes: content.length,
      })
      const over = [
        { op: 'addEmail', content, mailboxIds: [inbox.id], keywords: [], receivedAt: 1 },
        { op: 'putBlob', content: Buffer.from('x'), expiresAt: Number.MAX_SAFE_INTEGER },
        { op: 'copy', fromId: inbox.id, toId: inbox.id, uids: uidsOf(1) },
      ] as const
      for (const op of over)
        await expect(store.mail.transact(account.id, [op])).rejects.toMatchObject({
          code: 'quota.exceeded',
          kind: 'limit',
        })
      const sent = await mailboxWithRole(store, account, 'sent')
      const [copied] = await store.mail.transact(account.id, [{ ...over[2], toId: sent.id }])
      expect(copied.uids).toHaveLength(1)
    })

    it('count against the quota of emails, which uploads and copies elsewhere do not', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      await store.directory.setQuota(account.address, { bytes: 0, emails: 1 })
      await addTo(store, account, [inbox], { content: testMessage({ body: 'first' }) })
      expect(await accountNow(store, account)).toMatchObject({ usedEmails: 1 })
      const content = testMessage({ body: 'second' })
      const add = { op: 'addEmail', content, mailboxIds: [inbox.id], keywords: [], receivedAt: 1 }
      const copy = { op: 'copy', fromId: inbox.id, toId: inbox.id, uids: uidsOf(1) } as const
      for (const op of [add as MailOp, copy])
        await expect(store.mail.transact(account.id, [op])).rejects.toMatchObject({
          code: 'quota.exceeded',
        })
      const delivered = await store.mail.deliver({
        content,
        receivedAt: 1,
        local: [{ accountId: account.id, role: 'inbox', keywords: [] }],
      })
      expect(delivered.local).toEqual([{ kind: 'refused', code: 'quota.exceeded' }])
      await store.mail.transact(account.id, [
        { op: 'putBlob', content, expiresAt: Number.MAX_SAFE_INTEGER },
        { ...copy, toId: sent.id },
        { op: 'expunge', mailboxId: inbox.id, uids: uidsOf(1), onlyDeleted: false },
        { op: 'expunge', mailboxId: sent.id, onlyDeleted: false },
        add as MailOp,
      ])
      expect(await accountNow(store, account)).toMatchObject({ usedEmails: 1 })
    })
  })
}

async function sizesOf(
  { mail }: MailFixture,
  account: Account,
  ids: readonly BlobId[],
): Promise<(number | undefined)[]> {
  const sizes = await mail.read(account.id, ({ blobs }) => blobs.sizes(ids))
  return ids.map((id) => sizes.get(id))
}
