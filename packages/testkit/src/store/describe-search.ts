import type { EmailCondition, EmailSort, MailboxId, ModSeq } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { messages, withMessages } from './searched-messages.ts'
import { mailboxWithRole, type OpenStoreFixture } from './store-fixture.ts'

const day = Date.UTC(2022, 0, 1)
const dayMs = 86_400_000

/** Each with the messages (1, 2, 3) that it finds in a mailbox that has all three. */
const cases: readonly (readonly [string, EmailCondition, readonly number[]])[] = [
  ['all', { kind: 'all' }, [1, 2, 3]],
  ['and of none', { kind: 'and', of: [] }, [1, 2, 3]],
  ['or of none', { kind: 'or', of: [] }, []],
  ['from, decoded, any case', { kind: 'from', contains: 'ÄRGER' }, [1]],
  ['from, address', { kind: 'from', contains: '@two' }, [2]],
  ['to', { kind: 'to', contains: 'ME@EXAMPLE' }, [1]],
  ['cc', { kind: 'cc', contains: 'carol' }, [2]],
  ['bcc', { kind: 'bcc', contains: 'dan@' }, [3]],
  ['subject, encoded word', { kind: 'subject', contains: 'bär' }, [2]],
  ['subject in another normal form', { kind: 'subject', contains: 'BA\u0308R' }, [2]],
  ['body', { kind: 'body', contains: 'über' }, [1]],
  ['body, no wildcards', { kind: 'body', contains: '0% _t' }, [2]],
  ['body, file name', { kind: 'body', contains: 'plan.pdf' }, [3]],
  ['text, subject or body', { kind: 'text', contains: 'apple' }, [1, 3]],
  ['header', { kind: 'header', name: 'x-odd', contains: 'NEEDLE' }, [2]],
  ['header, decoded', { kind: 'header', name: 'Subject', contains: 'bär' }, [2]],
  ['header, present', { kind: 'header', name: 'Cc', contains: '' }, [2]],
  // TEXT looked at five fields only (RFC 3501 section 6.4.4).
  ['any header, value', { kind: 'anyHeader', contains: 'NEEDLE' }, [2]],
  ['any header, name', { kind: 'anyHeader', contains: 'x-odd: need' }, [2]],
  ['any header, decoded', { kind: 'anyHeader', contains: 'bär' }, [2]],
  ['any header, not the body', { kind: 'anyHeader', contains: 'wolken' }, []],
  ['text, not any header', { kind: 'text', contains: 'needle' }, []],
  ['keyword', { kind: 'keyword', keyword: 'K1' }, [1]],
  ['keyword, whole', { kind: 'keyword', keyword: 'k' }, []],
  ['not', { kind: 'not', of: { kind: 'keyword', keyword: 'k1' } }, [2, 3]],
  ['some in thread', { kind: 'threadKeyword', which: 'some', keyword: 'k1' }, [1, 3]],
  ['all in thread', { kind: 'threadKeyword', which: 'all', keyword: 'k1' }, []],
  ['none in thread', { kind: 'threadKeyword', which: 'none', keyword: 'k1' }, [2]],
  ['deleted', { kind: 'deleted' }, [2]],
  ['attachment', { kind: 'hasAttachment' }, [3]],
  ['size from', { kind: 'sizeAtLeast', bytes: messages[2]?.length ?? 0 }, [3]],
  ['size below', { kind: 'sizeBelow', bytes: messages[2]?.length ?? 0 }, [1, 2]],
  ['received from', { kind: 'receivedFrom', at: 2_000 }, [2, 3]],
  ['received before', { kind: 'receivedBefore', at: 2_000 }, [1]],
  ['sent day, as written', { kind: 'sentDayFrom', at: day + dayMs }, [2]],
  ['sent before', { kind: 'sentDayBefore', at: day + dayMs }, [1]],
  [
    'not sent before, without Date',
    { kind: 'not', of: { kind: 'sentDayBefore', at: day + dayMs } },
    [2, 3],
  ],
  ['one range', { kind: 'uids', ranges: [[2, 9]] }, [2, 3]],
  [
    'ranges',
    {
      kind: 'uids',
      ranges: [
        [1, 1],
        [3, 4_294_967_295],
      ],
    },
    [1, 3],
  ],
  ['no ranges', { kind: 'uids', ranges: [] }, []],
  ['modseq', { kind: 'modSeqAtLeast', modSeq: Number.MAX_SAFE_INTEGER as ModSeq }, []],
  ['unknown mailbox inside', { kind: 'inMailbox', mailbox: 'm0' as MailboxId }, []],
  [
    'parentheses kept',
    {
      kind: 'and',
      of: [
        {
          kind: 'or',
          of: [
            { kind: 'from', contains: 'zoe' },
            { kind: 'cc', contains: 'carol' },
          ],
        },
        {
          kind: 'not',
          of: { kind: 'and', of: [{ kind: 'deleted' }, { kind: 'cc', contains: 'carol' }] },
        },
      ],
    },
    [1],
  ],
]

const sorts: readonly (readonly [string, readonly EmailSort[], readonly number[]])[] = [
  ['received', [{ property: 'receivedAt', isAscending: false }], [3, 2, 1]],
  ['sent', [{ property: 'sentAt', isAscending: true }], [3, 1, 2]],
  ['from', [{ property: 'from', isAscending: true }], [3, 2, 1]],
  [
    'subject, then size',
    [
      { property: 'subject', isAscending: true },
      { property: 'size', isAscending: false },
    ],
    [3, 1, 2],
  ],
  ['keyword', [{ property: 'hasKeyword', keyword: 'k1', isAscending: false }], [1, 3, 2]],
  [
    'keyword in thread',
    [
      { property: 'someInThreadHaveKeyword', keyword: 'k1', isAscending: true },
      { property: 'receivedAt', isAscending: false },
    ],
    [2, 3, 1],
  ],
]

const first9 = { position: 0, limit: 9 } as const

export function describeSearch(open: OpenStoreFixture): void {
  describe('search', () => {
    it('finds what each condition says', async () => {
      const { store, account, inbox } = await withMessages(open)
      await using _ = store
      for (const [name, where, uids] of cases) {
        const found = await store.mail.searchMailbox(account.id, { mailbox: inbox.id, where })
        expect([name, ...found.uids]).toEqual([name, ...uids])
        expect(found.modSeqs).toBeUndefined()
      }
    })

    it('sorts as asked', async () => {
      const { store, account, inbox, added } = await withMessages(open)
      await using _ = store
      const numbers = new Map(added.map(({ emailId }, at) => [emailId, at + 1]))
      const inInbox = { kind: 'inMailbox', mailbox: inbox.id } as const
      for (const where of [{ kind: 'all' }, inInbox] as const)
        for (const [name, sort, expected] of sorts) {
          const query = { where, sort, window: { position: 0, limit: 9 } }
          const { ids } = await store.mail.search(account.id, query)
          expect([name, ids.map((id) => numbers.get(id))]).toEqual([name, expected])
        }
    })

    it('tells the modseqs of what is found in a mailbox when asked', async () => {
      const { store, account, inbox } = await withMessages(open)
      await using _ = store
      const query = { mailbox: inbox.id, where: { kind: 'all' }, wantsModSeqs: true } as const
      const { modSeqs = [] } = await store.mail.searchMailbox(account.id, query)
      const page = await store.mail.read(account.id, (r) => r.memberships.page(inbox.id, 0, 9))
      expect([...modSeqs]).toEqual(page.map(({ modSeq }) => modSeq))
    })

    it('goes over the whole account once, newest first, when no mailbox is named', async () => {
      const { store, account, inbox, added } = await withMessages(open)
      await using _ = store
      const sent = await mailboxWithRole(store, account, 'sent')
      const [first, second, third] = added.map(({ emailId }) => emailId)
      if (first === undefined) throw new Error('test data')
      await store.mail.transact(account.id, [
        { op: 'updateEmail', emailId: first, mailboxIds: { patch: { [sent.id]: true } } },
      ])
      const find = async (where: EmailCondition) => {
        const { ids, state } = await store.mail.search(account.id, { where, window: first9 })
        expect(state).toBe(await store.mail.read(account.id, (reader) => reader.state))
        return ids
      }
      expect(await find({ kind: 'all' })).toEqual([third, second, first])
      expect(await find({ kind: 'inMailbox', mailbox: sent.id })).toEqual([first])
      expect(await find({ kind: 'inMailboxOtherThan', mailboxes: [inbox.id] })).toEqual([first])
      expect(await find({ kind: 'emails', ids: [first] })).toEqual([first])
      const threads = added.slice(0, 1).map(({ threadId }) => threadId)
      expect(await find({ kind: 'threads', ids: threads })).toEqual([third, first])
      expect(await find({ kind: 'deleted' })).toEqual([])
    })

    it('refuses what is not there and what is too complex', async () => {
      const { store, account } = await withMessages(open)
      await using _ = store
      await expect(
        store.mail.searchMailbox(account.id, {
          mailbox: 'm0' as MailboxId,
          where: { kind: 'all' },
        }),
      ).rejects.toMatchObject({ code: 'mailbox.notFound' })
      let deep: EmailCondition = { kind: 'all' }
      for (let depth = 0; depth < 1_000; depth += 1) deep = { kind: 'not', of: deep }
      const wide = { kind: 'or', of: Array.from({ length: 5_000 }, () => deep) } as const
      for (const where of [deep, wide])
        await expect(
          store.mail.search(account.id, { where, window: first9 }),
        ).rejects.toMatchObject({
          kind: 'limit',
        })
    })
  })
}
