import type { MailOp, PrincipalId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { flagging, openShared } from './shared-account.ts'
import type { OpenMailFixture } from './store-fixture.ts'

/** As `describeViewers`: who they are, and what others are told. */
export function describeViewerAccess(open: OpenMailFixture): void {
  describe('access of viewers', () => {
    it('change the account as its owner does: everybody is told', async () => {
      await using shared = await openShared(open)
      const { store, account, viewer, add, run, inbox } = shared
      const uid = await add([])
      const before = await store.mail.read(account.id, ({ state }) => state)
      await run(viewer, flagging(shared, 'add', [uid]))
      await store.mail.read(account.id, async ({ state, changes, mailboxes }) => {
        expect(state).toBeGreaterThan(before)
        expect(await changes.emails(before, 10)).toMatchObject({ updated: [expect.any(String)] })
        expect(
          await changes.memberships(inbox.id, before, { from: before, limit: 10 }),
        ).toMatchObject({
          changedUids: [uid],
        })
        expect(await changes.mailboxes(before, 10)).toMatchObject({
          updated: [inbox.id],
          isCountsOnly: true,
        })
        expect((await mailboxes.get([inbox.id]))[0]?.highestModSeq).toBeGreaterThan(before)
      })
      const [result] = await store.mail.transact(account.id, [
        { ...flagging(shared, 'add', [uid]), unchangedSince: before } as Extract<
          MailOp,
          { op: 'updateFlags' }
        >,
      ])
      expect(result).toEqual({ uids: [], refusedUids: [uid] })
      const after = await store.mail.read(account.id, ({ state }) => state)
      await run(viewer, flagging(shared, 'add', [uid]))
      await run(viewer, { op: 'updateMailbox', mailboxId: inbox.id, isSubscribed: false })
      expect(await store.mail.read(account.id, ({ state }) => state)).toBe(after)
    })

    it('are those alone who have access, and who has it again begins anew', async () => {
      await using shared = await openShared(open)
      const { store, account, friend, viewer, add, run, flags } = shared
      const uid = await add([])
      await run(viewer, flagging(shared, 'add', [uid]))
      await run(viewer, { op: 'updateMailbox', mailboxId: shared.inbox.id, isSubscribed: true })
      await store.sharing.unshare(account, friend)
      const none = { code: 'account.notFound' }
      await expect(flags(viewer)).rejects.toMatchObject(none)
      await expect(run(viewer, flagging(shared, 'add', [uid]))).rejects.toMatchObject(none)
      await expect(run('p0' as PrincipalId)).rejects.toMatchObject(none)
      await store.sharing.share(account, friend)
      expect(await flags(viewer)).toEqual({ [uid]: [] })
      const [inbox] = await store.mail.read(
        account.id,
        ({ mailboxes }) => mailboxes.get([shared.inbox.id]),
        { viewer },
      )
      expect(inbox).toMatchObject({ isSubscribed: false, unreadEmails: 1, unreadThreads: 1 })
    })
  })
}
