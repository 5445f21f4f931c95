/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import { describe, expect, it } from 'vitest'

import { addTo, keywordsOf, uidsOf } from './add-emails.ts'
import {
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenMailFixture,
} from './store-fixture.ts'

export function describeEmailFlags(open: OpenMailFixture): void {
  describe('emails: flags', () => {
    it('show a keyword set through one mailbox in every mailbox, with its modseq', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
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
      const [there] = await store.mail.read(account.id, (r) => r.memberships.page(sent.id, 0, 10))
      const [here] = await store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 10))
      expect(there).toMatchObject({ keywords: ['$seen', 'work'], isDeleted: true })
      expect(here).toMatchObject({
        keywords: ['$seen', 'work'],
        isDeleted: false,
        modSeq: there?.modSeq,
      })
      expect(await currentMailbox(store, account, inbox)).toMatchObject({
        highestModSeq: there?.modSeq,
        unreadEmails: 0,
        unreadThreads: 0,
        deletedEmails: 0,
      })
      expect(await currentMailbox(store, account, sent)).toMatchObject({ deletedEmails: 1 })
    })

    it('keep how a keyword was first written, whoever wrote it', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox], { keywords: ['Work', '$Seen'] })
      const flag = { op: 'updateFlags', mailboxId: inbox.id, uids: uidsOf(1) } as const
      await store.mail.transact(account.id, [
        { ...flag, mode: 'add', keywords: ['WORK', '$Label1'] },
        { ...flag, mode: 'remove', keywords: ['Never'] },
        { op: 'updateEmail', emailId, keywords: { patch: { Play: true, Rest: false } } },
      ])
      await store.mail.deliver({
        content: Buffer.from('x'),
        receivedAt: 1,
        local: [{ accountId: account.id, role: 'inbox', keywords: ['$Junk'] }],
      })
      const after = (position: number): Promise<readonly string[]> =>
        store.mail.read(account.id, async ({ keywords }) =>
          (await keywords.after(position)).map(({ spelling }) => spelling),
        )
      expect(await after(0)).toEqual(['Work', '$Label1', 'Play', '$Junk'])
      expect(await after(3)).toEqual(['$Junk'])
      expect(await keywordsOf(store, account, emailId)).toEqual([
        '$label1',
        '$seen',
        'play',
        'work',
      ])
    })

    it('replace and remove flags as STORE does, passing over UIDs that are not there', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
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
      expect(await keywordsOf(store, account, emailId)).toEqual(['$seen'])
      expect((await currentMailbox(store, account, inbox)).deletedEmails).toBe(1)
      await store.mail.transact(account.id, [
        {
          op: 'updateFlags',
          mailboxId: inbox.id,
          uids: uidsOf(1),
          mode: 'replace',
          keywords: ['b'],
        },
      ])
      expect(await keywordsOf(store, account, emailId)).toEqual(['b'])
      expect(await currentMailbox(store, account, inbox)).toMatchObject({
        deletedEmails: 0,
        unreadEmails: 1,
      })
    })

    it('refuse a flag change of what changed after unchangedSince, and nothing else', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      await addTo(store, account, [inbox])
      await addTo(store, account, [inbox])
      const state = await store.mail.read(account.id, (reader) => reader.state)
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
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const { emailId } = await addTo(store, account, [inbox], { keywords: ['a'] })
      const state = await store.mail.read(account.id, (reader) => reader.state)
      await store.mail.transact(account.id, [
        { op: 'updateFlags', mailboxId: inbox.id, uids: uidsOf(1), mode: 'add', keywords: ['A'] },
        { op: 'updateEmail', emailId, keywords: { set: ['a'] }, mailboxIds: { set: [inbox.id] } },
        { op: 'updateMailbox', mailboxId: inbox.id, sortOrder: inbox.sortOrder },
      ])
      expect(await store.mail.read(account.id, (reader) => reader.state)).toBe(state)
    })

    it('have at most 128 keywords, of characters that keywords have', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const many = Array.from({ length: 128 }, (_, n) => `k${n}`)
      const { emailId } = await addTo(store, account, [inbox], { keywords: many })
      expect(await keywordsOf(store, account, emailId)).toHaveLength(128)
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
  })
}
