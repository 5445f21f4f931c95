/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { EmailId, MailboxId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, uidsIn, uidsOf } from './add-emails.ts'
import {
  accountNow,
  addTestAccount,
  mailboxWithRole,
  type OpenMailFixture,
} from './store-fixture.ts'

export function describeEmailPlaces(open: OpenMailFixture): void {
  describe('emails: mailboxes that they are in', () => {
    it('are copied by another membership, and a second time as a new email', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      const added = await addTo(store, account, [inbox], { keywords: ['a'], receivedAt: 77 })
      const copy = { op: 'copy', fromId: inbox.id, toId: sent.id, uids: uidsOf(1, 5) } as const
      const [first, second] = await store.mail.transact(account.id, [copy, copy])
      expect(first).toEqual({ uidValidity: sent.uidValidity, uids: [{ from: 1, to: 1 }] })
      expect(second.uids).toEqual([{ from: 1, to: 2 }])
      const page = await store.mail.read(account.id, (r) => r.memberships.page(sent.id, 0, 10))
      expect(page).toMatchObject([
        { emailId: added.emailId, keywords: ['a'], receivedAt: 77, blobId: added.blobId },
        { keywords: ['a'], receivedAt: 77, blobId: added.blobId, threadId: added.threadId },
      ])
      expect(page[1]?.emailId).not.toBe(added.emailId)
    })

    it('are moved with their id, and expunged where they were', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      const first = await addTo(store, account, [inbox])
      await addTo(store, account, [inbox, sent])
      const before = await store.mail.read(account.id, (reader) => reader.state)
      const [moved] = await store.mail.transact(account.id, [
        { op: 'move', fromId: inbox.id, toId: sent.id, uids: uidsOf(2, 1) },
      ])
      expect(moved.uids).toEqual([
        { from: 1, to: 2 },
        { from: 2, to: 3 },
      ])
      expect(await uidsIn(store, account, inbox)).toEqual([])
      expect(await uidsIn(store, account, sent)).toEqual([1, 2, 3])
      const [email] = await store.mail.read(account.id, (r) => r.emails.get([first.emailId]))
      expect(email?.mailboxIds).toEqual([sent.id])
      const changes = await store.mail.read(account.id, (r) =>
        r.changes.memberships(inbox.id, before, { from: before, limit: 10 }),
      )
      expect(changes).toEqual({ changedUids: [], expungedUids: [1, 2], next: undefined })
    })

    it('get a new UID when moved within a mailbox', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox])
      const [moved] = await store.mail.transact(account.id, [
        { op: 'move', fromId: inbox.id, toId: inbox.id, uids: uidsOf(1) },
      ])
      expect(moved.uids).toEqual([{ from: 1, to: 2 }])
      const page = await store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 10))
      expect(page).toMatchObject([{ uid: 2, emailId }])
    })

    it('are expunged as asked: all, only marked ones, only named ones', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      for (const isDeleted of [true, false, true, false])
        await addTo(store, account, [inbox], { isDeleted })
      const expunge = { op: 'expunge', mailboxId: inbox.id } as const
      const [named] = await store.mail.transact(account.id, [
        { ...expunge, uids: uidsOf(1, 2, 9), onlyDeleted: true },
      ])
      expect(named.uids).toEqual([1])
      const [marked] = await store.mail.transact(account.id, [{ ...expunge, onlyDeleted: true }])
      expect(marked.uids).toEqual([3])
      const [rest] = await store.mail.transact(account.id, [{ ...expunge, onlyDeleted: false }])
      expect(rest.uids).toEqual([2, 4])
      expect((await accountNow(store, account))?.usedBytes).toBe(0)
    })

    it('change mailboxes and keywords as Email/set asks, and never lose the last mailbox', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      const { emailId } = await addTo(store, account, [inbox], { keywords: ['a'] })
      await store.mail.transact(account.id, [
        {
          op: 'updateEmail',
          emailId,
          keywords: { patch: { A: false, B: true } },
          mailboxIds: { patch: { [sent.id]: true, [inbox.id]: false } },
        },
      ])
      const [email] = await store.mail.read(account.id, (r) => r.emails.get([emailId]))
      expect(email).toMatchObject({ keywords: ['b'], mailboxIds: [sent.id] })
      const update = { op: 'updateEmail', emailId } as const
      await expect(
        store.mail.transact(account.id, [
          { ...update, mailboxIds: { patch: { [sent.id]: false } } },
        ]),
      ).rejects.toMatchObject({ code: 'email.noMailbox' })
      await expect(
        store.mail.transact(account.id, [{ ...update, mailboxIds: { set: ['m0' as MailboxId] } }]),
      ).rejects.toMatchObject({ code: 'mailbox.notFound' })
      await expect(
        store.mail.transact(account.id, [
          { op: 'destroyEmail', emailId: `${emailId}0` as EmailId },
        ]),
      ).rejects.toMatchObject({ code: 'email.notFound' })
    })
  })
}
