import type { AccountId, EmailCondition, EmailQuery, Mailbox } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'

interface Bench extends AsyncDisposable {
  readonly store: SqliteStore
  /** Has many emails. */
  readonly attacker: AccountId
  readonly other: AccountId
}

const emails = 400

async function open(maxSearchMs?: number): Promise<Bench> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(makeFolder())
  const store = resources.use(
    await openIn(folder.path, maxSearchMs === undefined ? {} : { maxSearchMs }),
  )
  const { id: attacker } = await store.directory.addAccount('a@example.test', 'hash')
  const { id: other } = await store.directory.addAccount('b@example.test', 'hash')
  const header = `X-Long: ${'needle in hay '.repeat(200)}\r\nSubject: one\r\n\r\n`
  const content = Buffer.from(`${header}${'a'.repeat(300_000)}`)
  for (const account of [attacker, other]) {
    const op = {
      op: 'addEmail',
      content,
      mailboxIds: [inbox(store, account).id],
      keywords: [],
      receivedAt: 1,
    } as const
    const count = account === attacker ? emails : 1
    await store.mail.transact(
      account,
      Array.from({ length: count }, () => op),
    )
  }
  const moved = resources.move()
  return { store, attacker, other, [Symbol.asyncDispose]: () => moved.disposeAsync() }
}

function inbox(store: SqliteStore, account: AccountId): Mailbox {
  const [first] = store.mail.read(account, ({ mailboxes }) => mailboxes.list())
  if (first === undefined) throw new Error('no INBOX')
  return first
}

/** 99 conditions, each of which looks through the header of each email. */
const heavy: EmailQuery = {
  where: {
    kind: 'or',
    of: Array.from({ length: 99 }, (_, at): EmailCondition => ({
      kind: 'header',
      name: 'x-long',
      contains: `absent ${at}`,
    })),
  },
}

/** Takes minutes: of each comparison only the last letter differs. It is never waited for. */
const endless: EmailQuery = {
  where: {
    kind: 'or',
    of: ['b', 'c'].map((last): EmailCondition => ({
      kind: 'body',
      contains: `${'a'.repeat(4_000)}${last}`,
    })),
  },
}

const threadSorts: EmailQuery = {
  where: { kind: 'all' },
  sort: Array.from({ length: 16 }, () => ({
    property: 'someInThreadHaveKeyword',
    isAscending: true,
    keyword: 'k',
  })),
}

describe('a search over 99 header conditions', () => {
  it("is not what another user's inbox list waits for, and neither is a queue of them", async () => {
    await using bench = await open()
    const { store, attacker, other } = bench
    const leaving = new AbortController()
    let ended = 0
    const attacks = Array.from({ length: 16 }, () =>
      store.mail.search(attacker, endless, leaving.signal).finally(() => {
        ended += 1
      }),
    )
    const settled = Promise.allSettled(attacks)
    const where = { kind: 'inMailbox', mailbox: inbox(store, other).id } as const
    expect((await store.mail.search(other, { where })).hits).toHaveLength(1)
    const text = { kind: 'subject', contains: 'one' } as const
    expect((await store.mail.search(other, { where: text })).hits).toHaveLength(1)
    expect(ended).toBe(0)
    leaving.abort()
    await settled
  })

  it('is one of an account at a time, and so many may wait', async () => {
    await using bench = await open()
    const { store, attacker } = bench
    const asked = Array.from({ length: 30 }, () => store.mail.search(attacker, heavy))
    const results = await Promise.allSettled(asked)
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    )
    expect(refused).toHaveLength(13)
    for (const error of refused)
      expect(error).toMatchObject({ kind: 'busy', code: 'search.tooMany' })
    expect((await store.mail.search(attacker, heavy)).hits).toEqual([])
  })

  it('ends when nobody waits for it any more, running or waiting', async () => {
    await using bench = await open()
    const { store, attacker } = bench
    const leaving = new AbortController()
    const asked = Array.from({ length: 5 }, () =>
      store.mail.search(attacker, heavy, leaving.signal),
    )
    const settled = Promise.allSettled(asked)
    leaving.abort()
    for (const result of await settled)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { kind: 'busy', code: 'search.abandoned' },
      })
    await expect(store.mail.search(attacker, heavy, leaving.signal)).rejects.toMatchObject({
      code: 'search.abandoned',
    })
    // Its place is free again.
    expect((await store.mail.search(attacker, heavy)).hits).toEqual([])
  })

  it.each([
    ['header conditions', heavy],
    ['sorts by keywords of threads', threadSorts],
    ['a list', { where: { kind: 'all' } }],
    ['texts', { where: { kind: 'text', contains: 'absent' } }],
  ] as const)('has a deadline: %s', async (_what, query) => {
    await using bench = await open(0)
    const { store, attacker } = bench
    await expect(store.mail.search(attacker, query)).rejects.toMatchObject({
      kind: 'limit',
      code: 'search.tookTooLong',
    })
  })

  it('is refused when it looks for more text than an email is worth', async () => {
    await using bench = await open()
    const contains = 'a'.repeat(9_000)
    await expect(
      bench.store.mail.search(bench.attacker, { where: { kind: 'body', contains } }),
    ).rejects.toMatchObject({ kind: 'limit', code: 'search.tooComplex' })
  })

  it('1,500 conditions side by side are no defect', async () => {
    await using bench = await open()
    const of = Array.from({ length: 1_500 }, (_, at): EmailCondition => ({
      kind: 'keyword',
      keyword: `k${at}`,
    }))
    const { hits } = await bench.store.mail.search(bench.other, { where: { kind: 'or', of } })
    expect(hits).toEqual([])
  })
})
