import type { EmailCondition, EmailSort, PrincipalId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { withMessages } from './searched-messages.ts'
import { addTestAccount, type OpenStoreFixture } from './store-fixture.ts'

interface Found {
  readonly owner: readonly number[]
  readonly viewer: readonly number[]
}

const seen = { kind: 'keyword', keyword: '$Seen' } as const

/** Of the messages 1, 2 and 3 the owner has read the first, the viewer the second and the third; 1 and 3 are a thread. */
const conditions: readonly (readonly [EmailCondition, Found])[] = [
  [seen, { owner: [1], viewer: [2, 3] }],
  [
    { kind: 'not', of: seen },
    { owner: [2, 3], viewer: [1] },
  ],
  [
    { kind: 'and', of: [seen, { kind: 'keyword', keyword: 'k3' }] },
    { owner: [], viewer: [3] },
  ],
  [
    { kind: 'and', of: [seen, { kind: 'subject', contains: 'apple' }] },
    { owner: [1], viewer: [3] },
  ],
  [
    { kind: 'threadKeyword', which: 'some', keyword: '$seen' },
    { owner: [1, 3], viewer: [1, 2, 3] },
  ],
  [
    { kind: 'threadKeyword', which: 'all', keyword: '$seen' },
    { owner: [], viewer: [2] },
  ],
  [
    { kind: 'threadKeyword', which: 'none', keyword: '$seen' },
    { owner: [2], viewer: [] },
  ],
]

const sorts: readonly (readonly [EmailSort['property'], Found])[] = [
  ['hasKeyword', { owner: [1, 3, 2], viewer: [3, 2, 1] }],
  ['allInThreadHaveKeyword', { owner: [3, 2, 1], viewer: [2, 3, 1] }],
  ['someInThreadHaveKeyword', { owner: [3, 1, 2], viewer: [3, 2, 1] }],
]

async function withViewer(open: OpenStoreFixture) {
  const searched = await withMessages(open)
  const { store, account, inbox } = searched
  const viewer = await store.sharing.share(account, await addTestAccount(store, 'friend'))
  const read = { op: 'updateFlags', mailboxId: inbox.id, mode: 'add', keywords: ['$seen'] }
  for (const [view, uids] of [
    [{}, [1]],
    [{ viewer }, [2, 3]],
  ] as const)
    await store.mail.transact(account.id, [{ ...read, uids } as never], view)
  const numberOf = new Map(searched.added.map(({ emailId }, at) => [emailId, at + 1]))
  return { ...searched, viewer, numberOf }
}

/** `$seen` in a search is that of whoever asks. */
export function describeViewerSearch(open: OpenStoreFixture): void {
  describe('search as a viewer', () => {
    it('finds what they have read', async () => {
      const { store, account, inbox, viewer, numberOf } = await withViewer(open)
      await using _ = store
      const find = async (
        where: EmailCondition,
        as: PrincipalId | undefined,
      ): Promise<readonly number[]> => {
        const window = { position: 0, limit: 10 }
        const options = { viewer: as }
        const inMailbox = { kind: 'inMailbox', mailbox: inbox.id } as const
        const both: EmailCondition = { kind: 'and', of: [inMailbox, where] }
        const { uids } = await store.mail.searchMailbox(
          account.id,
          { mailbox: inbox.id, where },
          options,
        )
        for (const one of [where, both]) {
          const query = { where: one, window, wantsTotal: true }
          const { ids, total } = await store.mail.search(account.id, query, options)
          expect(new Set(ids.map((id) => numberOf.get(id)))).toEqual(new Set(uids))
          expect(total).toBe(uids.length)
        }
        return [...uids]
      }
      for (const [where, { owner, viewer: theirs }] of conditions) {
        expect(await find(where, undefined)).toEqual(owner)
        expect(await find(where, viewer)).toEqual(theirs)
      }
    })

    it('sorts by what they have read', async () => {
      const { store, account, viewer, numberOf } = await withViewer(open)
      await using _ = store
      for (const [property, { owner, viewer: theirs }] of sorts)
        for (const [as, expected] of [
          [undefined, owner],
          [viewer, theirs],
        ] as const) {
          const { ids } = await store.mail.search(
            account.id,
            {
              where: { kind: 'all' },
              sort: [
                { property, keyword: '$seen', isAscending: false },
                { property: 'receivedAt', isAscending: false },
              ],
              window: { position: 0, limit: 10 },
            },
            { viewer: as },
          )
          expect(ids.map((id) => numberOf.get(id))).toEqual(expected)
        }
    })

    it('is for those alone who have access', async () => {
      const { store, account, inbox } = await withViewer(open)
      await using _ = store
      const viewer = 'p0' as PrincipalId
      const none = { code: 'account.notFound' }
      const window = { position: 0, limit: 10 }
      const { mail } = store
      await expect(
        mail.search(account.id, { where: seen, window }, { viewer }),
      ).rejects.toMatchObject(none)
      await expect(
        mail.searchMailbox(account.id, { mailbox: inbox.id, where: seen }, { viewer }),
      ).rejects.toMatchObject(none)
    })
  })
}
