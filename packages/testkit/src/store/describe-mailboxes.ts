/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { Mailbox, MailboxId, MailOp } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, uidsIn, uidsOf } from './add-emails.ts'
import {
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenMailFixture,
} from './store-fixture.ts'

type CreateMailbox = Extract<MailOp, { op: 'createMailbox' }>

export function describeMailboxes(open: OpenMailFixture): void {
  describe('mailboxes', () => {
    it('come with a new account, INBOX first', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const list = await store.mail.read(account.id, ({ mailboxes }) => mailboxes.list())
      expect(list.map(({ name, role }) => [name, role])).toEqual([
        ['INBOX', 'inbox'],
        ['Drafts', 'drafts'],
        ['Sent', 'sent'],
        ['Archive', 'archive'],
        ['Junk', 'junk'],
        ['Trash', 'trash'],
      ])
      expect(new Set(list.map(({ uidValidity }) => uidValidity)).size).toBe(6)
    })

    it.each([
      ['', 'mailbox.badName'],
      ['a/b', 'mailbox.badName'],
      ['a\u0000b', 'mailbox.badName'],
      ['e\u0301', 'mailbox.badName'],
      ['\ud800', 'mailbox.badName'],
      ['x'.repeat(256), 'mailbox.badName'],
      ['inbox', 'mailbox.exists'],
      ['InBox', 'mailbox.exists'],
      ['Sent', 'mailbox.exists'],
    ])('refuse the name %j', async (name, code) => {
      await using store = await open()
      const account = await addTestAccount(store)
      await expect(
        store.mail.transact(account.id, [{ op: 'createMailbox', name, parentId: null }]),
      ).rejects.toMatchObject({ code })
    })

    it('tell names of other case apart, and allow INBOX below the top', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const [lower] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'sent', parentId: null },
      ])
      const [child] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'INBOX', parentId: lower.id },
      ])
      expect(child).toMatchObject({ name: 'INBOX', role: null, parentId: lower.id })
    })

    it('nest twenty deep and no deeper', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      let parentId: MailboxId | null = null
      for (let depth = 1; depth <= 20; depth += 1) {
        const create: CreateMailbox = { op: 'createMailbox', name: `level ${depth}`, parentId }
        const [made]: [Mailbox] = await store.mail.transact(account.id, [create])
        parentId = made.id
      }
      await expect(
        store.mail.transact(account.id, [{ op: 'createMailbox', name: 'too deep', parentId }]),
      ).rejects.toMatchObject({ code: 'mailbox.tooDeep' })
      const [tree] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'tree', parentId: null },
      ])
      await expect(
        store.mail.transact(account.id, [{ op: 'updateMailbox', mailboxId: tree.id, parentId }]),
      ).rejects.toMatchObject({ code: 'mailbox.tooDeep' })
    })

    it('come with the levels above, all of them or none', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const list = (): Promise<readonly Mailbox[]> =>
        store.mail.read(account.id, ({ mailboxes }) => mailboxes.list())
      const before = await list()
      const create = { op: 'createMailbox', parentId: null, levels: ['a', 'b'] } as const
      await expect(
        store.mail.transact(account.id, [{ ...create, name: '' }]),
      ).rejects.toMatchObject({ code: 'mailbox.badName' })
      const sent = await mailboxWithRole(store, account, 'sent')
      await expect(
        store.mail.transact(account.id, [
          { op: 'updateMailbox', mailboxId: sent.id, parentId: sent.id, levels: ['a'] },
        ]),
      ).rejects.toMatchObject({ code: 'mailbox.loop' })
      expect(await list()).toEqual(before)
      const [made] = await store.mail.transact(account.id, [{ ...create, name: 'c' }])
      const parent = (await list()).find(({ id }) => id === made.parentId)
      expect(parent).toMatchObject({ name: 'b' })
      expect((await list()).find(({ id }) => id === parent?.parentId)).toMatchObject({
        name: 'a',
        parentId: null,
      })
    })

    it('take the emails of another mailbox as they come to be, or do not come to be', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const list = (): Promise<readonly Mailbox[]> =>
        store.mail.read(account.id, ({ mailboxes }) => mailboxes.list())
      for (let count = 0; count < 3; count += 1) await addTo(store, account, [inbox])
      const create = { op: 'createMailbox', parentId: null, emailsFrom: inbox.id } as const
      const before = await list()
      await expect(
        store.mail.transact(account.id, [{ ...create, name: 'Sent' }]),
      ).rejects.toMatchObject({ code: 'mailbox.exists' })
      await expect(
        store.mail.transact(account.id, [
          { ...create, name: 'Old', emailsFrom: 'm0' as MailboxId },
        ]),
      ).rejects.toMatchObject({ code: 'mailbox.notFound' })
      expect(await list()).toEqual(before)
      const [made] = await store.mail.transact(account.id, [{ ...create, name: 'Old' }])
      expect(made).toMatchObject({ totalEmails: 3 })
      expect(await uidsIn(store, account, made)).toEqual(uidsOf(1, 2, 3))
      expect(await currentMailbox(store, account, inbox)).toMatchObject({ totalEmails: 0 })
    })

    it('stay as parents where that is asked for, and come back with mail', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const sent = await mailboxWithRole(store, account, 'sent')
      await addTo(store, account, [sent])
      const [child] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'child', parentId: sent.id },
      ])
      const destroy = {
        op: 'destroyMailbox',
        mailboxId: sent.id,
        removeEmails: true,
        keepsParent: true,
      } as const
      await store.mail.transact(account.id, [destroy])
      const parent = { isSelectable: false, role: null, totalEmails: 0, name: 'Sent' }
      expect(await currentMailbox(store, account, sent)).toMatchObject(parent)
      await expect(store.mail.transact(account.id, [destroy])).rejects.toMatchObject({
        code: 'mailbox.hasChild',
      })
      await addTo(store, account, [sent])
      expect(await currentMailbox(store, account, sent)).toMatchObject({
        ...parent,
        isSelectable: true,
        totalEmails: 1,
      })
      await store.mail.transact(account.id, [{ ...destroy, mailboxId: child.id }, destroy])
      const left = await store.mail.read(account.id, ({ mailboxes }) => mailboxes.list())
      expect(left.map(({ name }) => name)).not.toContain('Sent')
    })

    it('keep id, UIDs and children when renamed and moved', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const [parent] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'parent', parentId: null },
      ])
      const [child] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'child', parentId: parent.id },
      ])
      await addTo(store, account, [parent])
      const archive = await mailboxWithRole(store, account, 'archive')
      const [moved] = await store.mail.transact(account.id, [
        { op: 'updateMailbox', mailboxId: parent.id, name: 'other', parentId: archive.id },
      ])
      expect(moved).toMatchObject({
        id: parent.id,
        name: 'other',
        parentId: archive.id,
        uidValidity: parent.uidValidity,
        uidNext: 2,
        totalEmails: 1,
      })
      expect(await uidsIn(store, account, moved)).toEqual([1])
      expect((await currentMailbox(store, account, child)).parentId).toBe(parent.id)
    })

    it('cannot be moved into themselves', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const [parent] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'parent', parentId: null },
      ])
      const [child] = await store.mail.transact(account.id, [
        { op: 'createMailbox', name: 'child', parentId: parent.id },
      ])
      for (const parentId of [parent.id, child.id])
        await expect(
          store.mail.transact(account.id, [
            { op: 'updateMailbox', mailboxId: parent.id, parentId },
          ]),
        ).rejects.toMatchObject({ code: 'mailbox.loop' })
    })

    it('protect INBOX, roles, children and mail', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      await addTo(store, account, [sent])
      await store.mail.transact(account.id, [
        {
          op: 'createMailbox',
          name: 'child',
          parentId: (await mailboxWithRole(store, account, 'archive')).id,
        },
      ])
      const archive = await mailboxWithRole(store, account, 'archive')
      const failing = [
        [{ op: 'updateMailbox', mailboxId: inbox.id, name: 'x' }, 'mailbox.isInbox'],
        [{ op: 'updateMailbox', mailboxId: inbox.id, parentId: sent.id }, 'mailbox.isInbox'],
        [{ op: 'destroyMailbox', mailboxId: inbox.id, removeEmails: true }, 'mailbox.isInbox'],
        [{ op: 'updateMailbox', mailboxId: sent.id, role: 'trash' }, 'mailbox.roleTaken'],
        [{ op: 'createMailbox', name: 'x', parentId: null, role: 'inbox' }, 'mailbox.roleTaken'],
        [{ op: 'destroyMailbox', mailboxId: sent.id, removeEmails: false }, 'mailbox.hasEmail'],
        [{ op: 'destroyMailbox', mailboxId: archive.id, removeEmails: true }, 'mailbox.hasChild'],
        [
          { op: 'destroyMailbox', mailboxId: 'm999' as MailboxId, removeEmails: true },
          'mailbox.notFound',
        ],
        [{ op: 'createMailbox', name: 'x', parentId: 'nonsense' as MailboxId }, 'mailbox.notFound'],
      ] as const
      for (const [op, code] of failing)
        await expect(store.mail.transact(account.id, [op])).rejects.toMatchObject({ code })
    })

    it('get a greater UIDVALIDITY when made anew under the same name', async () => {
      await using store = await open()
      store.setNow(1_700_000_000_000)
      const account = await addTestAccount(store)
      const create = { op: 'createMailbox', name: 'again', parentId: null } as const
      const [first] = await store.mail.transact(account.id, [create])
      await addTo(store, account, [first])
      const [, second] = await store.mail.transact(account.id, [
        { op: 'destroyMailbox', mailboxId: first.id, removeEmails: true },
        create,
      ])
      expect(second.uidValidity).toBeGreaterThan(first.uidValidity)
      expect(second.id).not.toBe(first.id)
      expect(await uidsIn(store, account, second)).toEqual([])
    })

    it('are destroyed with the mail that is nowhere else', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const sent = await mailboxWithRole(store, account, 'sent')
      const both = await addTo(store, account, [inbox, sent])
      const one = await addTo(store, account, [sent])
      await store.mail.transact(account.id, [
        { op: 'destroyMailbox', mailboxId: sent.id, removeEmails: true },
      ])
      const left = await store.mail.read(account.id, ({ emails }) =>
        emails.get([both.emailId, one.emailId]),
      )
      expect(left).toMatchObject([{ id: both.emailId, mailboxIds: [inbox.id] }])
    })

    it('tell changes of the counts from changes of the rest', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const before = await store.mail.read(account.id, ({ state }) => state)
      await addTo(store, account, [inbox])
      const counted = await store.mail.read(account.id, ({ changes }) =>
        changes.mailboxes(before, 10),
      )
      expect(counted).toMatchObject({ updated: [inbox.id], created: [], isCountsOnly: true })
      expect((await currentMailbox(store, account, inbox)).propertiesModSeq).toBe(
        inbox.propertiesModSeq,
      )
      await store.mail.transact(account.id, [
        { op: 'updateMailbox', mailboxId: inbox.id, sortOrder: 7 },
      ])
      const changed = await store.mail.read(account.id, ({ changes }) =>
        changes.mailboxes(before, 10),
      )
      expect(changed).toMatchObject({ updated: [inbox.id], isCountsOnly: false })
    })

    it('never give a UID twice', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      await addTo(store, account, [inbox])
      await store.mail.transact(account.id, [
        { op: 'expunge', mailboxId: inbox.id, uids: uidsOf(1), onlyDeleted: false },
      ])
      const added = await addTo(store, account, [inbox])
      expect(added.uids).toMatchObject([{ uid: 2, uidValidity: inbox.uidValidity }])
    })
  })
}
