import type { AccountId, LocalDelivery } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { uidsIn } from './add-emails.ts'
import {
  accountNow,
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenMailFixture,
  testMessage,
} from './store-fixture.ts'

export function describeDeliveries(open: OpenMailFixture): void {
  describe('deliveries', () => {
    it('reach every account that can take them, by role, and the queue', async () => {
      await using store = await open()
      const [one, full] = [await addTestAccount(store), await addTestAccount(store, 'full')]
      await store.directory.setQuota(full.address, { bytes: 1, emails: 0 })
      const content = testMessage({ subject: 'to all' })
      const result = await store.mail.deliver({
        content,
        receivedAt: 5,
        local: [
          { accountId: one.id, role: 'junk', keywords: ['$junk'] },
          { accountId: full.id, role: 'inbox', keywords: [] },
          { accountId: 'a999' as AccountId, role: 'inbox', keywords: [] },
        ],
        outbound: {
          reversePath: 'me@example.test',
          recipients: [
            { address: 'you@far.test', notify: ['failure'], originalRecipient: 'rfc822;you' },
          ],
          accountId: one.id,
          envelopeId: 'env',
          dsnReturn: 'headers',
          isTlsRequired: true,
        },
      })
      expect(result.local).toMatchObject([
        { kind: 'delivered' },
        { kind: 'refused', code: 'quota.exceeded' },
        { kind: 'refused', code: 'account.notFound' },
      ])
      const junk = await mailboxWithRole(store, one, 'junk')
      const page = await store.mail.read(one.id, (r) => r.memberships.page(junk.id, 0, 10))
      expect(page).toMatchObject([{ keywords: ['$junk'], receivedAt: 5, size: content.length }])
      expect((await accountNow(store, full))?.usedBytes).toBe(0)
      expect(result.queueId === null ? null : await store.queue.content(result.queueId)).toEqual(
        content,
      )
    })

    it('fall back to INBOX when no mailbox has the role', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const { queueId } = await store.mail.deliver({
        content: testMessage(),
        receivedAt: 1,
        local: [{ accountId: account.id, role: 'important', keywords: [] }],
      })
      expect(queueId).toBeNull()
      expect(await uidsIn(store, account, inbox)).toEqual([1])
    })

    it('survive each other: content shared by accounts stays until the last lets go', async () => {
      await using store = await open()
      const [one, two] = [await addTestAccount(store), await addTestAccount(store, 'two')]
      const content = testMessage({ body: 'shared' })
      const local = [one, two].map(({ id }) => ({
        accountId: id,
        role: 'inbox' as const,
        keywords: [],
      }))
      await store.mail.deliver({ content, receivedAt: 1, local })
      await store.directory.deleteAccount(one.address)
      const inbox = await mailboxWithRole(store, two, 'inbox')
      const bytes = await store.mail.read(two.id, async ({ memberships, blobs }) => {
        const [only] = await memberships.page(inbox.id, 0, 1)
        return only === undefined
          ? undefined
          : blobs.ranges([{ id: only.blobId, start: 0, end: only.size }])
      })
      expect(bytes).toEqual([content])
    })

    it('number the mail of concurrent callers without gaps', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const local = [{ accountId: account.id, role: 'inbox' as const, keywords: [] }]
      await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          store.mail.deliver({ content: testMessage({ body: `${n}` }), receivedAt: n, local }),
        ),
      )
      const page = await store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 1_000))
      expect(page.map(({ uid }) => uid)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
      expect(page.map(({ receivedAt }) => receivedAt).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 200 }, (_, n) => n),
      )
      expect(await currentMailbox(store, account, inbox)).toMatchObject({
        totalEmails: 200,
        uidNext: 201,
      })
    })
  })
}

/** Part of the contract of deliveries. */
export function describeSharedFate(open: OpenMailFixture): void {
  describe('deliveries', () => {
    it('for all or none reach nobody when one cannot take them, and say who', async () => {
      await using store = await open()
      const [one, full] = [await addTestAccount(store), await addTestAccount(store, 'full')]
      await store.directory.setQuota(full.address, { bytes: 1, emails: 0 })
      const all = { content: testMessage(), receivedAt: 5, isForAllOrNone: true }
      const result = await store.mail.deliver({
        ...all,
        local: [toInbox(one.id), toInbox(full.id)],
      })
      expect(result).toEqual({
        local: [
          { kind: 'refused', code: 'delivery.withheld' },
          { kind: 'refused', code: 'quota.exceeded' },
        ],
        queueId: null,
      })
      expect((await accountNow(store, one))?.usedEmails).toBe(0)
      const { local } = await store.mail.deliver({ ...all, local: [toInbox(one.id)] })
      expect(local).toMatchObject([{ kind: 'delivered' }])
    })
  })
}

function toInbox(accountId: AccountId): LocalDelivery {
  return { accountId, role: 'inbox', keywords: [] }
}
