import type { EmailCondition } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { withMessages } from './searched-messages.ts'
import type { OpenStoreFixture } from './store-fixture.ts'

interface Window {
  /** Number of the message in `added`. */
  readonly anchor?: number
  readonly offset?: number
  readonly position?: number
  readonly limit: number
}
interface Expected {
  readonly ids: readonly number[]
  readonly position: number
  readonly hasMore: boolean
}

/** Newest first it is 3, 2, 1; 3 and 1 are a thread. */
const windows: readonly (readonly [
  string,
  Window,
  { readonly all: Expected; readonly collapsed?: Expected },
])[] = [
  [
    'all of it',
    { position: 0, limit: 9 },
    {
      all: { ids: [3, 2, 1], position: 0, hasMore: false },
      collapsed: { ids: [3, 2], position: 0, hasMore: false },
    },
  ],
  [
    'the first',
    { position: 0, limit: 1 },
    {
      all: { ids: [3], position: 0, hasMore: true },
      collapsed: { ids: [3], position: 0, hasMore: true },
    },
  ],
  [
    'the second on',
    { position: 1, limit: 1 },
    {
      all: { ids: [2], position: 1, hasMore: true },
      collapsed: { ids: [2], position: 1, hasMore: false },
    },
  ],
  ['nothing', { position: 0, limit: 0 }, { all: { ids: [], position: 0, hasMore: true } }],
  ['behind the end', { position: 7, limit: 2 }, { all: { ids: [], position: 7, hasMore: false } }],
  [
    'from the end',
    { position: -2, limit: 1 },
    {
      all: { ids: [2], position: 1, hasMore: true },
      collapsed: { ids: [3], position: 0, hasMore: true },
    },
  ],
  [
    'before the beginning',
    { position: -9, limit: 1 },
    { all: { ids: [3], position: 0, hasMore: true } },
  ],
  [
    'at an anchor',
    { anchor: 1, limit: 9 },
    {
      all: { ids: [2, 1], position: 1, hasMore: false },
      collapsed: { ids: [2], position: 1, hasMore: false },
    },
  ],
  [
    'before an anchor',
    { anchor: 1, offset: -1, limit: 2 },
    {
      all: { ids: [3, 2], position: 0, hasMore: true },
      collapsed: { ids: [3, 2], position: 0, hasMore: false },
    },
  ],
  [
    'behind an anchor',
    { anchor: 1, offset: 1, limit: 2 },
    {
      all: { ids: [1], position: 2, hasMore: false },
      collapsed: { ids: [], position: 2, hasMore: false },
    },
  ],
]

export function describeSearchWindows(open: OpenStoreFixture): void {
  describe('windows of a search', () => {
    it.each(windows)('gives the window that is asked for: %s', async (_name, asked, expected) => {
      const { store, account, inbox, added } = await withMessages(open)
      await using _ = store
      const anchor = added[asked.anchor ?? 0]?.emailId
      if (anchor === undefined) throw new Error('test data')
      const { position, limit, offset = 0 } = asked
      const numbers = new Map(added.map(({ emailId }, at) => [emailId, at + 1]))
      const conditions: EmailCondition[] = [
        { kind: 'all' },
        { kind: 'inMailbox', mailbox: inbox.id },
        { kind: 'inMailboxOtherThan', mailboxes: [] },
        { kind: 'not', of: { kind: 'from', contains: 'nobody' } },
      ]
      for (const where of conditions)
        for (const wantsTotal of [false, true])
          for (const collapseThreads of [false, true]) {
            const want = collapseThreads ? expected.collapsed : expected.all
            if (want === undefined) continue
            const found = await store.mail.search(account.id, {
              where,
              wantsTotal,
              collapseThreads,
              window: position === undefined ? { anchor, offset, limit } : { position, limit },
            })
            expect({ ...found, ids: found.ids.map((id) => numbers.get(id)) }).toEqual({
              ids: want.ids,
              position: want.position,
              hasMore: want.hasMore,
              state: found.state,
              ...(wantsTotal ? { total: collapseThreads ? 2 : 3 } : {}),
            })
          }
    })

    it('says when the anchor is not in the results', async () => {
      const { store, account, added } = await withMessages(open)
      await using _ = store
      const [, second] = added
      if (second === undefined) throw new Error('test data')
      const where = { kind: 'keyword', keyword: 'k1' } as const
      const window = { anchor: second.emailId, offset: 0, limit: 9 }
      await expect(store.mail.search(account.id, { where, window })).rejects.toMatchObject({
        code: 'search.anchorNotFound',
        kind: 'notFound',
      })
    })
  })
}
