import type {
  Account,
  AddedEmail,
  EmailCondition,
  EmailSort,
  Mailbox,
  MailboxId,
  ModSeq,
} from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo } from './add-emails.ts'
import {
  addTestAccount,
  mailboxWithRole,
  type OpenStoreFixture,
  type StoreFixture,
} from './store-fixture.ts'

const messages = [
  'Message-ID: <1@x>\r\nFrom: Zoë Ärger <zoe@one.test>\r\nTo: me@example.test\r\nSubject: Re: Apple\r\nDate: Sat, 01 Jan 2022 23:30:00 -0500\r\n\r\nÜber den Wolken',
  'From: bob@two.test\r\nCc: carol@three.test\r\nSubject: =?utf-8?q?B=C3=A4r?=\r\nDate: Sun, 02 Jan 2022 10:00:00 +0000\r\nX-Odd: needle\r\n\r\nplain 100% _text_',
  'Message-ID: <3@x>\r\nReferences: <1@x>\r\nFrom: Adam <adam@four.test>\r\nBcc: dan@five.test\r\nSubject: apple\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\nx\r\n--b--\r\n',
].map((text) => Buffer.from(text))

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
  ['keyword', [{ property: 'hasKeyword', keyword: 'k1', isAscending: false }], [1, 2, 3]],
  [
    'keyword in thread',
    [
      { property: 'someInThreadHaveKeyword', keyword: 'k1', isAscending: true },
      { property: 'receivedAt', isAscending: false },
    ],
    [2, 3, 1],
  ],
]

interface Searched {
  readonly store: StoreFixture
  readonly account: Account
  readonly inbox: Mailbox
  readonly added: readonly AddedEmail[]
}

async function withMessages(open: OpenStoreFixture): Promise<Searched> {
  const store = await open()
  const account = await addTestAccount(store)
  const inbox = await mailboxWithRole(store, account, 'inbox')
  const added: AddedEmail[] = []
  for (const [at, content] of messages.entries())
    added.push(
      await addTo(store, account, [inbox], {
        content,
        keywords: [`k${at + 1}`],
        isDeleted: at === 1,
        receivedAt: (at + 1) * 1_000,
      }),
    )
  return { store, account, inbox, added }
}

export function describeSearch(open: OpenStoreFixture): void {
  describe('search', () => {
    it('finds what each condition says', async () => {
      const { store, account, inbox } = await withMessages(open)
      await using _ = store
      for (const [name, where, uids] of cases) {
        const { hits } = await store.mail.search(account.id, { mailbox: inbox.id, where })
        expect([name, hits.map(({ uid }) => uid)]).toEqual([name, uids])
      }
    })

    it('sorts as asked', async () => {
      const { store, account, inbox } = await withMessages(open)
      await using _ = store
      for (const [name, sort, uids] of sorts) {
        const query = { mailbox: inbox.id, where: { kind: 'all' }, sort } as const
        const { hits } = await store.mail.search(account.id, query)
        expect([name, hits.map(({ uid }) => uid)]).toEqual([name, uids])
      }
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
        const { hits, state } = await store.mail.search(account.id, { where })
        expect(state).toBe(await store.mail.read(account.id, (reader) => reader.state))
        return hits.map(({ emailId }) => emailId)
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
        store.mail.search(account.id, { mailbox: 'm0' as MailboxId, where: { kind: 'all' } }),
      ).rejects.toMatchObject({ code: 'mailbox.notFound' })
      let deep: EmailCondition = { kind: 'all' }
      for (let depth = 0; depth < 1_000; depth += 1) deep = { kind: 'not', of: deep }
      const wide = { kind: 'or', of: Array.from({ length: 5_000 }, () => deep) } as const
      for (const where of [deep, wide])
        await expect(store.mail.search(account.id, { where })).rejects.toMatchObject({
          kind: 'limit',
        })
    })
  })
}
