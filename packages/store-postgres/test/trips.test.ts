import type { Account, AddedEmail, Mailbox, MailOp, MailReader, ModSeq, Uid } from '@gatepost/core'
import { PostgresServer } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { openFixture, type PostgresFixture, TestDatabases } from './postgres-fixture.ts'

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

/** Several pages of what ops work on. */
const many = 1_050

interface Filled extends AsyncDisposable {
  readonly fixture: PostgresFixture
  readonly account: Account
  readonly inbox: Mailbox
  readonly sent: Mailbox
  readonly emails: readonly AddedEmail[]
  /** The names of the statements that `work` sends. */
  statementsOf(work: () => Promise<unknown>): Promise<string[]>
}

async function openFilled(): Promise<Filled> {
  const names: string[] = []
  const fixture = await openFixture(databases, { onStatement: (name) => names.push(name) })
  const account = await fixture.directory.addAccount('me@example.test', { hash: '' })
  const [inbox, sent] = await fixture.mail.read(account.id, async ({ mailboxes }) => {
    const list = await mailboxes.list()
    return (['inbox', 'sent'] as const).map((role) => list.find((one) => one.role === role))
  })
  if (inbox === undefined || sent === undefined) throw new Error('a new account has both')
  const emails = await fixture.mail.transact(
    account.id,
    Array.from({ length: many }, (_, n) => addition(inbox, n)),
  )
  return {
    fixture,
    account,
    inbox,
    sent,
    emails: emails as AddedEmail[],
    statementsOf: async (work) => {
      names.splice(0)
      await work()
      return names.toSorted()
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

function addition(inbox: Mailbox, n: number): MailOp {
  return {
    op: 'addEmail',
    content: Buffer.from(`Message-ID: <${n}@x>\r\nReferences: <0@x>\r\n\r\nbody ${n}`),
    mailboxIds: [inbox.id],
    keywords: [],
    receivedAt: n,
  }
}

function uids(from: number, to: number): Uid[] {
  return Array.from({ length: to - from + 1 }, (_, at) => (from + at) as Uid)
}

describe('the statements that a call costs', () => {
  it('are as many for one thing as for a page, whatever is read', async () => {
    await using filled = await openFilled()
    const { fixture, account, inbox, emails } = filled
    const methods: readonly ((reader: MailReader, count: number) => Promise<unknown>)[] = [
      ({ mailboxes }, count) => mailboxes.get(Array.from({ length: count }, () => inbox.id)),
      ({ mailboxes }) => mailboxes.list(),
      ({ memberships }, count) => memberships.uids(inbox.id, 0, count),
      ({ memberships }, count) => memberships.page(inbox.id, 0, count),
      ({ memberships }, count) => memberships.get(inbox.id, uids(1, count)),
      ({ keywords }) => keywords.after(0),
      (reader, count) => reader.emails.get(emails.slice(0, count).map((one) => one.emailId)),
      (reader, count) => reader.emails.indexes(emails.slice(0, count).map((one) => one.emailId)),
      (reader, count) => reader.emails.threads(emails.slice(0, count).map((one) => one.threadId)),
      ({ blobs }, count) => blobs.sizes(emails.slice(0, count).map((one) => one.blobId)),
      ({ blobs }, count) =>
        blobs.ranges(emails.slice(0, count).map(({ blobId: id }) => ({ id, start: 0, end: 99 }))),
      ({ changes }, count) => changes.emails(0 as ModSeq, count),
      ({ changes }, count) => changes.threads(0 as ModSeq, count),
      ({ changes }, count) => changes.mailboxes(0 as ModSeq, count),
      ({ changes }, count) => changes.records('Test', 0 as ModSeq, count),
      ({ records }, count) =>
        records.get(
          'Test',
          Array.from({ length: count }, (_, n) => `n${n}`),
        ),
      ({ records }, count) => records.page('Test', '', count),
    ]
    const start = 0 as ModSeq
    for (const method of methods) {
      const cost = (count: number): Promise<string[]> =>
        filled.statementsOf(() => fixture.mail.read(account.id, (reader) => method(reader, count)))
      const one = await cost(1)
      expect(one).toHaveLength(2)
      expect(await cost(1_000)).toEqual(one)
    }
    const changed = (limit: number): Promise<string[]> =>
      filled.statementsOf(() =>
        fixture.mail.read(account.id, ({ changes }) =>
          changes.memberships(inbox.id, start, { from: start, limit }),
        ),
      )
    expect(await changed(2)).toHaveLength(3)
    expect(await changed(1_000)).toHaveLength(3)
  })

  it('are as many for a viewer, one for whose mailboxes aside', async () => {
    await using filled = await openFilled()
    const { fixture, account, inbox, emails } = filled
    const friend = await fixture.directory.addAccount('friend@example.test', { hash: '' })
    const viewer = await fixture.sharing.share(account, friend)
    const methods: readonly [number, (reader: MailReader, count: number) => Promise<unknown>][] = [
      [3, ({ mailboxes }, count) => mailboxes.get(Array.from({ length: count }, () => inbox.id))],
      [3, ({ mailboxes }) => mailboxes.list()],
      [2, ({ memberships }, count) => memberships.page(inbox.id, 0, count)],
      [2, ({ memberships }, count) => memberships.get(inbox.id, uids(1, count))],
      [2, (reader, count) => reader.emails.get(emails.slice(0, count).map((one) => one.emailId))],
    ]
    for (const [statements, method] of methods) {
      const cost = (count: number): Promise<string[]> =>
        filled.statementsOf(() =>
          fixture.mail.read(account.id, (reader) => method(reader, count), { viewer }),
        )
      const one = await cost(1)
      expect(one).toHaveLength(statements)
      expect(await cost(1_000)).toEqual(one)
    }
    const read = (from: number, to: number): Promise<string[]> =>
      filled.statementsOf(() =>
        fixture.mail.transact(
          account.id,
          uids(from, to).map((at) => ({
            op: 'updateEmail',
            emailId: emails[at]?.emailId ?? expect.fail('there are more'),
            keywords: { patch: { $seen: true } },
          })),
          { viewer },
        ),
      )
    const one = await read(0, 0)
    expect(one.length).toBeLessThan(30)
    expect(await read(1, 200)).toEqual(one)
  })

  it('are as many for a list of ops as for one', async () => {
    await using filled = await openFilled()
    const { fixture, account, inbox, sent, emails } = filled
    const makers: readonly ((at: number) => MailOp)[] = [
      (at) => addition(inbox, many + at),
      (at) => ({
        op: 'updateEmail',
        emailId: emails[at]?.emailId ?? expect.fail('there are more'),
        keywords: { patch: { $seen: true } },
        mailboxIds: { patch: { [sent.id]: true } },
      }),
      (at) => ({
        op: 'destroyEmail',
        // Some of the thread stay where they are.
        emailId: emails[at + 10]?.emailId ?? expect.fail('there are more'),
      }),
      (at) => ({ op: 'putRecord', type: 'Test', id: `n${at}`, body: at }),
      (at) => ({ op: 'deleteRecord', type: 'Test', id: `n${at}` }),
    ]
    for (const make of makers) {
      const cost = (from: number, to: number): Promise<string[]> =>
        filled.statementsOf(() =>
          fixture.mail.transact(
            account.id,
            uids(from, to).map((at) => make(at)),
          ),
        )
      const one = await cost(0, 0)
      expect(one.length).toBeLessThan(30)
      expect(await cost(1, 200)).toEqual(one)
    }
  })

  it('grow with the pages of a command, and not with its messages', async () => {
    await using filled = await openFilled()
    const { fixture, account, inbox, sent } = filled
    const commands: readonly ((wanted: Uid[]) => MailOp)[] = [
      (wanted) => ({
        op: 'updateFlags',
        mailboxId: inbox.id,
        uids: wanted,
        mode: 'add',
        keywords: ['$seen'],
      }),
      (wanted) => ({ op: 'copy', fromId: inbox.id, toId: sent.id, uids: wanted }),
      (wanted) => ({ op: 'expunge', mailboxId: inbox.id, uids: wanted, onlyDeleted: false }),
    ]
    for (const make of commands) {
      const cost = async (from: number, to: number): Promise<number> => {
        const names = await filled.statementsOf(() =>
          fixture.mail.transact(account.id, [make(uids(from, to))]),
        )
        return names.length
      }
      const few = await cost(1, 2)
      expect(await cost(3, 30)).toBe(few)
      const pages = Math.ceil((many - 30) / 250)
      expect(await cost(31, many)).toBeLessThanOrEqual(pages * few)
    }
    const rest = await fixture.mail.read(account.id, ({ memberships }) =>
      memberships.uids(inbox.id, 0, 10_000),
    )
    expect(rest).toEqual([])
  })

  it('are as many for a delivery to an account with much mail as for one to a new account', async () => {
    await using filled = await openFilled()
    const { fixture, account } = filled
    const other = await fixture.directory.addAccount('other@example.test', { hash: '' })
    const deliver = (id: Account['id'], text: string): Promise<string[]> =>
      filled.statementsOf(() =>
        fixture.mail.deliver({
          content: Buffer.from(`Message-ID: <new@x>\r\nReferences: <0@x>\r\n\r\n${text}`),
          receivedAt: 1,
          local: [{ accountId: id, role: 'inbox', keywords: [] }],
        }),
      )
    const small = await deliver(other.id, 'one')
    const large = await deliver(account.id, 'two')
    expect(large).toEqual(small)
    expect(large.length).toBeLessThan(25)
  })
})
