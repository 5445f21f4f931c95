/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { AccountId, EmailId, ModSeq } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, uidsIn } from './add-emails.ts'
import {
  accountNow,
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenMailFixture,
  testMessage,
  uidsOfMailbox,
} from './store-fixture.ts'

export function describeOpLists(open: OpenMailFixture): void {
  describe('lists of ops, and reads beside them', () => {
    it('undo a whole list when one op fails', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const state = await store.mail.read(account.id, (reader) => reader.state)
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
      expect(await store.mail.read(account.id, (reader) => reader.state)).toBe(state)
      expect(await currentMailbox(store, account, inbox)).toEqual(inbox)
      expect((await accountNow(store, account))?.usedBytes).toBe(0)
    })

    it('isolate a failing list from the ones that share its commit', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
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
      const page = await store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 100))
      expect(new Set(page.map(({ keywords }) => keywords[0]))).toEqual(
        new Set(results.map((_, n) => `n${n}`).filter((_, n) => n % 3 !== 0)),
      )
      expect(page).toHaveLength(40)
    })

    it('are guarded by expectState', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const state = await store.mail.read(account.id, (reader) => reader.state)
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
        await expect(store.mail.read(id, (reader) => reader.state)).rejects.toMatchObject({
          code: 'account.notFound',
        })
        await expect(store.mail.transact(id, [])).rejects.toMatchObject({
          code: 'account.notFound',
        })
      }
    })

    it('keep a snapshot for as long as a read goes on, whatever is written meanwhile', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      await addTo(store, account, [inbox])
      const before = await store.mail.read(account.id, (reader) => reader.state)
      const seen = await store.mail.read(account.id, async (reader) => {
        await addTo(store, account, [inbox])
        const [box] = await reader.mailboxes.get([inbox.id])
        return [reader.state, await uidsOfMailbox(reader, inbox.id), box?.totalEmails]
      })
      expect(seen).toEqual([before, [1], 1])
      expect(await uidsIn(store, account, inbox)).toEqual([1, 2])
    })

    it('of a snapshot end with its use, and its failure is the failure of the read', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const kept = await store.mail.read(account.id, (reader) => reader)
      await expect(kept.mailboxes.list()).rejects.toMatchObject({ code: 'store.snapshotEnded' })
      const failing = store.mail.read(account.id, () => {
        throw new Error('from inside')
      })
      await expect(failing).rejects.toThrow('from inside')
    })

    it('say cannotCalculateChanges for a state that never was', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const state = await store.mail.read(account.id, (reader) => reader.state)
      const answers = await store.mail.read(account.id, ({ changes }) =>
        Promise.all(
          [state + 1, -1, 0.5, Number.NaN].flatMap((since) => [
            changes.emails(since as ModSeq, 10),
            changes.threads(since as ModSeq, 10),
            changes.mailboxes(since as ModSeq, 10),
            changes.memberships(inbox.id, since as ModSeq, { from: since as ModSeq, limit: 10 }),
          ]),
        ),
      )
      expect(new Set(answers)).toEqual(new Set(['cannotCalculateChanges']))
    })
  })
}
