import type { MailOp, Uid } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import type { By } from './mail-model.ts'
import { flagging, openShared } from './shared-account.ts'
import { mailboxWithRole, type OpenMailFixture } from './store-fixture.ts'

/** As `describeViewers`: their mailboxes. */
export function describeViewerMailboxes(open: OpenMailFixture): void {
  describe('viewers of mailboxes', () => {
    it('keep what they have read when it is copied and moved, also where a copy is another email', async () => {
      await using shared = await openShared(open)
      const { store, account, viewer, add, run, counts, inbox } = shared
      const sent = await mailboxWithRole(store, account, 'sent')
      const [one, two] = [await add([]), await add(['$seen'])]
      await run(viewer, flagging(shared, 'add', [one]), flagging(shared, 'remove', [two]))
      const copy: MailOp = { op: 'copy', fromId: inbox.id, toId: sent.id, uids: [one, two] }
      await run(undefined, copy)
      expect(await counts(viewer, sent)).toEqual([1, 1])
      await run(undefined, copy)
      expect(await counts(viewer, sent)).toEqual([2, 1])
      expect(await counts(undefined, sent)).toEqual([2, 1])
      await run(undefined, { ...copy, op: 'move' })
      expect([await counts(viewer), await counts(viewer, sent)]).toEqual([
        [0, 0],
        [3, 1],
      ])
      await run(undefined, { op: 'expunge', mailboxId: sent.id, onlyDeleted: false })
      expect(await counts(viewer, sent)).toEqual([0, 0])
    })

    it('have subscriptions of their own: to nothing but what they have made with one', async () => {
      await using shared = await openShared(open)
      const { store, account, viewer, run, inbox } = shared
      const subscribed = (as: By): Promise<readonly string[]> =>
        store.mail.read(
          account.id,
          async ({ mailboxes }) =>
            (await mailboxes.list()).flatMap((one) => (one.isSubscribed ? [one.name] : [])),
          { viewer: as },
        )
      const own = await subscribed(undefined)
      expect(own).toContain('INBOX')
      expect(await subscribed(viewer)).toEqual([])
      const [made] = await store.mail.transact(
        account.id,
        [{ op: 'createMailbox', name: 'Theirs', parentId: null, isSubscribed: true }],
        { viewer },
      )
      expect(made.isSubscribed).toBe(true)
      const change: MailOp = { op: 'updateMailbox', mailboxId: inbox.id, isSubscribed: true }
      const [changed] = await store.mail.transact(account.id, [change], { viewer })
      expect(changed).toMatchObject({ isSubscribed: true })
      expect(await subscribed(viewer)).toEqual(['INBOX', 'Theirs'])
      expect(await subscribed(undefined)).toEqual(own)
      await run(undefined, { ...change, isSubscribed: false })
      expect(await subscribed(viewer)).toEqual(['INBOX', 'Theirs'])
      await run(viewer, { op: 'updateMailbox', mailboxId: made.id, name: 'Ours' })
      expect(await subscribed(viewer)).toEqual(['INBOX', 'Ours'])
      await run(viewer, { op: 'destroyMailbox', mailboxId: made.id, removeEmails: true })
      expect(await subscribed(viewer)).toEqual(['INBOX'])
    })

    it('read many at once, and a mailbox that goes takes what they have read along', async () => {
      await using shared = await openShared(open)
      const { store, account, viewer, add, run, counts, inbox } = shared
      const uids: Uid[] = []
      for (let at = 0; at < 70; at += 1) uids.push(await add(at % 2 === 0 ? [] : ['$seen']))
      await run(viewer, flagging(shared, 'add', uids))
      expect([await counts(viewer), await counts(undefined)]).toEqual([
        [0, 0],
        [35, 35],
      ])
      const box = {
        op: 'createMailbox',
        name: 'box',
        parentId: null,
        emailsFrom: inbox.id,
      } as const
      const [made] = await store.mail.transact(account.id, [box], { viewer })
      expect([made.unreadEmails, made.unreadThreads, made.isSubscribed]).toEqual([0, 0, false])
      expect(await counts(undefined, made)).toEqual([35, 35])
      await run(undefined, { op: 'destroyMailbox', mailboxId: made.id, removeEmails: true })
      expect([await counts(viewer), await counts(undefined)]).toEqual([
        [0, 0],
        [0, 0],
      ])
    })
  })
}
