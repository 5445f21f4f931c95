import type { EmailId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { flagging, openShared } from './shared-account.ts'
import { addTestAccount, type OpenMailFixture, testMessage } from './store-fixture.ts'

/** What is apart for whoever sees the account of somebody else: what they have read. */
export function describeViewers(open: OpenMailFixture): void {
  describe('viewers of an account', () => {
    it('find what its owner has read as read, and from then on each has read what he has read', async () => {
      await using shared = await openShared(open)
      const { viewer, add, run, flags, counts } = shared
      const [old, read, unread] = [await add(['$seen']), await add([]), await add([])]
      const later = await shared.store.sharing.share(
        shared.account,
        await addTestAccount(shared.store, 'later'),
      )
      await run(undefined, flagging(shared, 'add', [read]))
      await run(viewer, flagging(shared, 'add', [unread]))
      await run(viewer, flagging(shared, 'remove', [old]))
      expect(await flags(undefined)).toEqual({ [old]: ['$seen'], [read]: ['$seen'], [unread]: [] })
      expect(await flags(viewer)).toEqual({ [old]: [], [read]: [], [unread]: ['$seen'] })
      expect(await flags(later)).toEqual({ [old]: ['$seen'], [read]: [], [unread]: [] })
      expect(await counts(undefined)).toEqual([1, 1])
      expect(await counts(viewer)).toEqual([2, 2])
      expect(await counts(later)).toEqual([2, 2])
      await run(undefined, flagging(shared, 'remove', [old]), flagging(shared, 'remove', [read]))
      expect(await flags(viewer)).toEqual({ [old]: [], [read]: [], [unread]: ['$seen'] })
      expect(await counts(undefined)).toEqual([3, 3])
      expect(await counts(viewer)).toEqual([2, 2])
      expect(await counts(later)).toEqual([2, 2])
    })

    it('count a thread as unread that has an email which they have not read', async () => {
      await using shared = await openShared(open)
      const { viewer, add, run, counts } = shared
      const first = await add([])
      const second = await add([], '1@x')
      await run(undefined, flagging(shared, 'add', [first]))
      await run(viewer, flagging(shared, 'add', [second]))
      expect([await counts(undefined), await counts(viewer)]).toEqual([
        [1, 1],
        [1, 1],
      ])
      await run(undefined, flagging(shared, 'add', [second]))
      expect([await counts(undefined), await counts(viewer)]).toEqual([
        [0, 0],
        [1, 1],
      ])
      await run(viewer, flagging(shared, 'add', [first]))
      expect(await counts(viewer)).toEqual([0, 0])
      await add([], '1@x')
      expect([await counts(undefined), await counts(viewer)]).toEqual([
        [1, 1],
        [1, 1],
      ])
      await run(undefined, {
        op: 'expunge',
        mailboxId: shared.inbox.id,
        uids: [first],
        onlyDeleted: false,
      })
      expect([await counts(undefined), await counts(viewer)]).toEqual([
        [1, 1],
        [1, 1],
      ])
    })

    it('share every other keyword with its owner', async () => {
      await using shared = await openShared(open)
      const { viewer, add, run, flags } = shared
      const uid = await add(['$seen', 'work'])
      await run(viewer, flagging(shared, 'replace', [uid], ['$flagged']))
      expect(await flags(undefined)).toEqual({ [uid]: ['$flagged', '$seen'] })
      expect(await flags(viewer)).toEqual({ [uid]: ['$flagged'] })
      await run(undefined, flagging(shared, 'replace', [uid], ['$answered']))
      expect(await flags(undefined)).toEqual({ [uid]: ['$answered'] })
      expect(await flags(viewer)).toEqual({ [uid]: ['$answered'] })
      const emailId = await shared.store.mail.read(shared.account.id, async ({ memberships }) => {
        const [found] = await memberships.page(shared.inbox.id, 0, 1)
        return found?.emailId ?? ('' as EmailId)
      })
      const set = ['$seen', 'home']
      await run(viewer, { op: 'updateEmail', emailId, keywords: { set } })
      expect(await flags(undefined)).toEqual({ [uid]: ['home'] })
      expect(await flags(viewer)).toEqual({ [uid]: ['$seen', 'home'] })
      await run(undefined, { op: 'updateEmail', emailId, keywords: { patch: { $seen: true } } })
      expect(await flags(viewer)).toEqual({ [uid]: ['$seen', 'home'] })
    })

    it('have read what they add as read, and the owner has not', async () => {
      await using shared = await openShared(open)
      const { viewer, run, flags, counts, inbox } = shared
      await run(viewer, {
        op: 'addEmail',
        content: testMessage({ id: 'new@x' }),
        mailboxIds: [inbox.id],
        keywords: ['$seen', 'work'],
        receivedAt: 1,
      })
      expect(await flags(viewer)).toEqual({ 1: ['$seen', 'work'] })
      expect(await flags(undefined)).toEqual({ 1: ['work'] })
      expect([await counts(viewer), await counts(undefined)]).toEqual([
        [0, 0],
        [1, 1],
      ])
    })
  })
}
