import { MailError, type AccountId, type EmailCondition, type EmailQuery } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'

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
  const { id: attacker } = await store.directory.addAccount('a@example.test', { hash: 'hash' })
  const { id: other } = await store.directory.addAccount('b@example.test', { hash: 'hash' })
  const header = `X-Long: ${'needle in hay '.repeat(200)}\r\nSubject: one aab aac\r\n\r\n`
  const content = Buffer.from(`${header}${'a'.repeat(300_000)}`)
  for (const account of [attacker, other]) {
    const op = {
      op: 'addEmail',
      content,
      mailboxIds: [(await mailboxOf(store.mail, account, 'inbox')).id],
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

const window = { position: 0, limit: 1_000 } as const

/** 99 conditions, each of which looks through the header of each email. */
const heavy: EmailQuery = {
  window,
  where: {
    kind: 'or',
    of: Array.from({ length: 99 }, (_, at): EmailCondition => ({
      kind: 'header',
      name: 'x-long',
      contains: `absent ${at}`,
    })),
  },
}

const threadSorts: EmailQuery = {
  window,
  where: { kind: 'all' },
  sort: Array.from({ length: 16 }, () => ({
    property: 'someInThreadHaveKeyword',
    isAscending: true,
    keyword: 'k',
  })),
}

describe('a search over 99 header conditions', () => {
  it("is not what another user's inbox list waits for, and neither is a queue of them", async () => {
    await using bench = await open(3_600_000)
    const { store, attacker, other } = bench
    const leaving = new AbortController()
    let ended = 0
    const attacks = Array.from({ length: 16 }, () =>
      store.mail.search(attacker, heavy, { signal: leaving.signal }).finally(() => {
        ended += 1
      }),
    )
    const settled = Promise.allSettled(attacks)
    const where = {
      kind: 'inMailbox',
      mailbox: (await mailboxOf(store.mail, other, 'inbox')).id,
    } as const
    expect((await store.mail.search(other, { where, window })).ids).toHaveLength(1)
    const text = { kind: 'subject', contains: 'one' } as const
    expect((await store.mail.search(other, { where: text, window })).ids).toHaveLength(1)
    // Behind one of them at most, and not behind all.
    expect(ended).toBeLessThan(16)
    leaving.abort()
    await settled
  })

  it('is one of an account at a time, and so many may wait', async () => {
    // Most of them end by their deadline, which is no refusal.
    await using bench = await open(20)
    const { store, attacker } = bench
    const asked = Array.from({ length: 150 }, () => store.mail.search(attacker, heavy))
    const results = await Promise.allSettled(asked)
    const refused = results.flatMap((result) =>
      result.status === 'rejected' && result.reason instanceof MailError ? [result.reason] : [],
    )
    const tooMany = refused.filter(({ code }) => code === 'search.tooMany')
    expect(tooMany).toHaveLength(150 - 129)
    expect(tooMany.every(({ kind }) => kind === 'busy')).toBe(true)
    const light = {
      window,
      where: { kind: 'inMailbox', mailbox: (await mailboxOf(store.mail, attacker, 'inbox')).id },
    } as const
    expect((await store.mail.search(attacker, light)).ids).toHaveLength(emails)
  })

  it('ends when nobody waits for it any more, running or waiting', async () => {
    await using bench = await open()
    const { store, attacker } = bench
    const leaving = new AbortController()
    const asked = Array.from({ length: 5 }, () =>
      store.mail.search(attacker, heavy, { signal: leaving.signal }),
    )
    const settled = Promise.allSettled(asked)
    leaving.abort()
    for (const result of await settled)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { kind: 'busy', code: 'search.abandoned' },
      })
    await expect(
      store.mail.search(attacker, heavy, { signal: leaving.signal }),
    ).rejects.toMatchObject({
      code: 'search.abandoned',
    })
    // Its place is free again.
    expect((await store.mail.search(attacker, heavy)).ids).toEqual([])
  })

  it.each([
    ['header conditions', heavy],
    ['sorts by keywords of threads', threadSorts],
    ['a list', { where: { kind: 'all' }, window }],
    ['texts', { where: { kind: 'text', contains: 'absent' }, window }],
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
      bench.store.mail.search(bench.attacker, { where: { kind: 'body', contains }, window }),
    ).rejects.toMatchObject({ kind: 'limit', code: 'search.tooComplex' })
  })

  it('1,500 conditions side by side are no defect', async () => {
    await using bench = await open()
    const of = Array.from({ length: 1_500 }, (_, at): EmailCondition => ({
      kind: 'keyword',
      keyword: `k${at}`,
    }))
    const { ids } = await bench.store.mail.search(bench.other, {
      where: { kind: 'or', of },
      window,
    })
    expect(ids).toEqual([])
  })

  it('is given up when the store closes, which ends all the same: the process ended before the store had', async () => {
    const bench = await open(3_600_000)
    const asked = Array.from({ length: 20 }, () =>
      bench.store.mail.search(bench.attacker, heavy).then(
        () => 'found',
        (error: unknown) => (error instanceof MailError ? error.kind : error),
      ),
    )
    // They have begun.
    await bench.store.mail.search(bench.other, { where: { kind: 'text', contains: 'one' }, window })
    await bench[Symbol.asyncDispose]()
    const ends = await Promise.all(asked)
    expect(new Set(ends).has('busy')).toBe(true)
    expect(ends.filter((end) => end !== 'busy' && end !== 'found')).toEqual([])
  })
})
