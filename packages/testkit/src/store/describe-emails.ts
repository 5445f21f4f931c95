/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { AccountId, EmailId, MailboxId, ModSeq } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, keywordsOf, uidsIn, uidsOf } from './add-emails.ts'
import {
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenStoreFixture,
  testMessage,
} from './store-fixture.ts'

export function describeEmails(open: OpenStoreFixture): void {
  describe('emails', () => {
    it('show a keyword set through one mailbox in every mailbox, with its modseq', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const sent = mailboxWithRole(store, account, 'sent')
      await addTo(store, account, [inbox, sent])
      await store.mail.transact(account.id, [
        {
          op: 'updateFlags',
          mailboxId: sent.id,
          uids: uidsOf(1),
          mode: 'add',
          keywords: ['$SEEN', 'Work'],
          isDeleted: true,
        },
      ])
      const [there] = store.mail.read(account.id, (r) => r.memberships.page(sent.id, 0, 10))
      const [here] = store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 10))
      expect(there).toMatchObject({ keywords: ['$seen', 'work'], isDeleted: true })
      expect(here).toMatchObject({
        keywords: ['$seen', 'work'],
        isDeleted: false,
        modSeq: there?.modSeq,
      })
      expect(currentMailbox(store, account, inbox)).toMatchObject({
        highestModSeq: there?.modSeq,
        unreadEmails: 0,
        unreadThreads: 0,
        deletedEmails: 0,
      })
      expect(currentMailbox(store, account, sent)).toMatchObject({ deletedEmails: 1 })
    })

    it('replace and remove flags as STORE does, passing over UIDs that are not there', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox], {
        keywords: ['$seen', 'a'],
        isDeleted: true,
      })
      const [removed] = await store.mail.transact(account.id, [
        {
          op: 'updateFlags',
          mailboxId: inbox.id,
          uids: uidsOf(7, 1, 1),
          mode: 'remove',
          keywords: ['a', 'b'],
        },
      ])
      expect(removed).toEqual({ uids: [1], refusedUids: [] })
      expect(keywordsOf(store, account, emailId)).toEqual(['$seen'])
      expect(currentMailbox(store, account, inbox).deletedEmails).toBe(1)
      await store.mail.transact(account.id, [
        {
          op: 'updateFlags',
          mailboxId: inbox.id,
          uids: uidsOf(1),
          mode: 'replace',
          keywords: ['b'],
        },
      ])
      expect(keywordsOf(store, account, emailId)).toEqual(['b'])
      expect(currentMailbox(store, account, inbox)).toMatchObject({
        deletedEmails: 0,
        unreadEmails: 1,
      })
    })

    it('refuse a flag change of what changed after unchangedSince, and nothing else', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      await addTo(store, account, [inbox])
      await addTo(store, account, [inbox])
      const state = store.mail.read(account.id, (reader) => reader.state)
      const flag = { op: 'updateFlags', mailboxId: inbox.id, mode: 'add' } as const
      await store.mail.transact(account.id, [{ ...flag, uids: uidsOf(1), keywords: ['a'] }])
      const [result] = await store.mail.transact(account.id, [
        { ...flag, uids: uidsOf(1, 2), keywords: ['b'], unchangedSince: state },
      ])
      expect(result).toEqual({ uids: [2], refusedUids: [1] })
    })

    it('leave the state alone when nothing changes', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox], { keywords: ['a'] })
      const state = store.mail.read(account.id, (reader) => reader.state)
      await store.mail.transact(account.id, [
        { op: 'updateFlags', mailboxId: inbox.id, uids: uidsOf(1), mode: 'add', keywords: ['A'] },
        { op: 'updateEmail', emailId, keywords: { set: ['a'] }, mailboxIds: { set: [inbox.id] } },
        { op: 'updateMailbox', mailboxId: inbox.id, sortOrder: inbox.sortOrder },
      ])
      expect(store.mail.read(account.id, (reader) => reader.state)).toBe(state)
    })

    it('are copied by another membership, and a second time as a new email', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const sent = mailboxWithRole(store, account, 'sent')
      const added = await addTo(store, account, [inbox], { keywords: ['a'], receivedAt: 77 })
      const copy = { op: 'copy', fromId: inbox.id, toId: sent.id, uids: uidsOf(1, 5) } as const
      const [first, second] = await store.mail.transact(account.id, [copy, copy])
      expect(first).toEqual({ uidValidity: sent.uidValidity, uids: [{ from: 1, to: 1 }] })
      expect(second.uids).toEqual([{ from: 1, to: 2 }])
      const page = store.mail.read(account.id, (r) => r.memberships.page(sent.id, 0, 10))
      expect(page).toMatchObject([
        { emailId: added.emailId, keywords: ['a'], receivedAt: 77, blobId: added.blobId },
        { keywords: ['a'], receivedAt: 77, blobId: added.blobId, threadId: added.threadId },
      ])
      expect(page[1]?.emailId).not.toBe(added.emailId)
    })

    it('are moved with their id, and expunged where they were', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const sent = mailboxWithRole(store, account, 'sent')
      const first = await addTo(store, account, [inbox])
      await addTo(store, account, [inbox, sent])
      const before = store.mail.read(account.id, (reader) => reader.state)
      const [moved] = await store.mail.transact(account.id, [
        { op: 'move', fromId: inbox.id, toId: sent.id, uids: uidsOf(2, 1) },
      ])
      expect(moved.uids).toEqual([
        { from: 1, to: 2 },
        { from: 2, to: 3 },
      ])
      expect(uidsIn(store, account, inbox)).toEqual([])
      expect(uidsIn(store, account, sent)).toEqual([1, 2, 3])
      const [email] = store.mail.read(account.id, (r) => r.emails.get([first.emailId]))
      expect(email?.mailboxIds).toEqual([sent.id])
      const changes = store.mail.read(account.id, (r) => r.changes.memberships(inbox.id, before))
      expect(changes).toEqual({ changedUids: [], expungedUids: [1, 2] })
    })

    it('get a new UID when moved within a mailbox', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox])
      const [moved] = await store.mail.transact(account.id, [
        { op: 'move', fromId: inbox.id, toId: inbox.id, uids: uidsOf(1) },
      ])
      expect(moved.uids).toEqual([{ from: 1, to: 2 }])
      const page = store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 10))
      expect(page).toMatchObject([{ uid: 2, emailId }])
    })

    it('are expunged as asked: all, only marked ones, only named ones', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
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
      expect(store.directory.account(account.id)?.usedBytes).toBe(0)
    })

    it('change mailboxes and keywords as Email/set asks, and never lose the last mailbox', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const sent = mailboxWithRole(store, account, 'sent')
      const { emailId } = await addTo(store, account, [inbox], { keywords: ['a'] })
      await store.mail.transact(account.id, [
        {
          op: 'updateEmail',
          emailId,
          keywords: { patch: { A: false, B: true } },
          mailboxIds: { patch: { [sent.id]: true, [inbox.id]: false } },
        },
      ])
      const [email] = store.mail.read(account.id, (r) => r.emails.get([emailId]))
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

    it('have at most 128 keywords, of characters that keywords have', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const many = Array.from({ length: 128 }, (_, n) => `k${n}`)
      const { emailId } = await addTo(store, account, [inbox], { keywords: many })
      expect(keywordsOf(store, account, emailId)).toHaveLength(128)
      const add = {
        op: 'updateFlags',
        mailboxId: inbox.id,
        uids: uidsOf(1),
        mode: 'add',
      } as const
      await expect(
        store.mail.transact(account.id, [{ ...add, keywords: ['one-more'] }]),
      ).rejects.toMatchObject({ code: 'email.tooManyKeywords', kind: 'limit' })
      for (const keyword of ['', 'a b', 'a(b', 'a"b', 'ä', 'a\\b', 'x'.repeat(256)])
        await expect(
          store.mail.transact(account.id, [{ ...add, keywords: [keyword] }]),
        ).rejects.toMatchObject({ kind: 'invalid' })
    })

    it('undo a whole list when one op fails', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const state = store.mail.read(account.id, (reader) => reader.state)
      await expect(
        store.mail.transact(account.id, [
          { op: 'createMailbox', name: 'new', parentId: null },
          {
            op: 'addEmail',
            content: testMessage(),
            mailboxIds: [inbox.id],
            keywords: [],
            receivedAt: 1,
          },
          { op: 'destroyEmail', emailId: 'e0' as EmailId },
        ]),
      ).rejects.toMatchObject({ code: 'email.notFound', kind: 'notFound' })
      expect(store.mail.read(account.id, (reader) => reader.state)).toBe(state)
      expect(currentMailbox(store, account, inbox)).toEqual(inbox)
      expect(store.directory.account(account.id)?.usedBytes).toBe(0)
    })

    it('isolate a failing list from the ones that share its commit', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, n) =>
          store.mail.transact(account.id, [
            {
              op: 'addEmail',
              content: testMessage({ body: `${n}` }),
              mailboxIds: [inbox.id],
              keywords: [`n${n}`],
              receivedAt: n,
            },
            ...(n % 3 === 0 ? [{ op: 'destroyEmail' as const, emailId: 'e0' as EmailId }] : []),
          ]),
        ),
      )
      expect(results.map(({ status }) => status)).toEqual(
        results.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')),
      )
      const page = store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 100))
      expect(page.map(({ keywords }) => keywords[0])).toEqual(
        results.map((_, n) => `n${n}`).filter((_, n) => n % 3 !== 0),
      )
    })

    it('are guarded by expectState', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const state = store.mail.read(account.id, (reader) => reader.state)
      const update = { op: 'updateMailbox', mailboxId: inbox.id } as const
      await store.mail.transact(account.id, [
        { op: 'expectState', state },
        { ...update, sortOrder: 3 },
      ])
      await expect(
        store.mail.transact(account.id, [
          { op: 'expectState', state },
          { ...update, sortOrder: 4 },
        ]),
      ).rejects.toMatchObject({ code: 'state.mismatch', kind: 'conflict' })
    })

    it('of no account are not found', async () => {
      await using store = await open()
      await addTestAccount(store)
      for (const id of ['a999', 'a01', 'x', '', 'a1 '] as AccountId[]) {
        expect(() => store.mail.read(id, (reader) => reader.state)).toThrow(
          expect.objectContaining({ code: 'account.notFound' }),
        )
        await expect(store.mail.transact(id, [])).rejects.toMatchObject({
          code: 'account.notFound',
        })
      }
    })

    it('keep a snapshot for the time of a read', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      await addTo(store, account, [inbox])
      const seen = store.mail.read(account.id, (reader) => {
        expect(() =>
          store.mail.read(account.id, () => {
            throw new Error('from inside')
          }),
        ).toThrow('from inside')
        return [reader.state, reader.memberships.uids(inbox.id)]
      })
      expect(seen).toEqual([store.mail.read(account.id, (r) => r.state), [1]])
    })

    it('say cannotCalculateChanges for a state that never was', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = mailboxWithRole(store, account, 'inbox')
      const state = store.mail.read(account.id, (reader) => reader.state)
      const answers = store.mail.read(account.id, ({ changes }) =>
        [state + 1, -1, 0.5, Number.NaN].flatMap((since) => [
          changes.emails(since as ModSeq, 10),
          changes.threads(since as ModSeq, 10),
          changes.mailboxes(since as ModSeq, 10),
          changes.memberships(inbox.id, since as ModSeq),
        ]),
      )
      expect(new Set(answers)).toEqual(new Set(['cannotCalculateChanges']))
    })
  })
}
