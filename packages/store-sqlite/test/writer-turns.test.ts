import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import type { AccountId, MailOp } from '@gatepost/core'
import { type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { openDatabase } from '../src/database.ts'
import { Sql } from '../src/sql.ts'
import type { WriterJob, WriterOutcome } from '../src/writer/protocol.ts'
import { tablesOfAccount } from '../src/writer/slices/purge-account.ts'
import { sweepBegin } from '../src/writer/slices/sweep.ts'
import { WriterLoop } from '../src/writer/writer-loop.ts'
import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'
import { maxStatementsPerTurn, now, openWriterBench, type WriterBench } from './writer-bench.ts'

const emails = 1_000

interface Accounts {
  readonly account: AccountId
  readonly other: AccountId
}
type Bench = WriterBench & Accounts

async function fill(store: SqliteStore): Promise<Accounts> {
  const { id: account } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const { id: other } = await store.directory.addAccount('you@example.test', { hash: 'hash' })
  const { id } = await mailboxOf(store.mail, account, 'inbox')
  const adding = Array.from({ length: emails }, (_, at): Extract<MailOp, { op: 'addEmail' }> => ({
    op: 'addEmail',
    content: Buffer.from(`Subject: ${at}\r\nMessage-ID: <${at}@x>\r\n\r\n${at}`),
    mailboxIds: [id],
    keywords: [],
    receivedAt: at,
  }))
  await store.mail.transact(account, adding)
  return { account, other }
}

function open(prepare?: (store: SqliteStore, account: AccountId) => Promise<void>): Promise<Bench> {
  return openWriterBench(async (store) => {
    const accounts = await fill(store)
    await prepare?.(store, accounts.account)
    return accounts
  })
}

const all = Array.from({ length: emails }, (_, at) => at + 1) as never
const change = (...ops: MailOp[]): WriterJob => ({ kind: 'transact', account: 1, ops })
const copy = { op: 'copy', fromId: 'm1' as never, toId: 'm3' as never, uids: all } as const

function delivery(to: AccountId): WriterJob {
  const local = [{ accountId: to, role: 'inbox', keywords: [] } as const]
  const content = Buffer.from('Subject: small\r\n\r\n')
  return { kind: 'deliver', delivery: { content, receivedAt: 1, local } }
}

function countIn({ sql }: Bench, mailbox: number): number {
  return Number(
    sql.get<{ total_emails: number }>(
      'SELECT total_emails FROM mailbox WHERE account_id = 1 AND id = ?',
      mailbox,
    )?.total_emails,
  )
}

const flags = {
  op: 'updateFlags',
  mailboxId: 'm1' as never,
  uids: all,
  mode: 'add',
  keywords: ['$seen', 'work'],
} as const

const wide: Readonly<Record<string, WriterJob>> = {
  STORE: change(flags),
  COPY: change(copy),
  'COPY into the same mailbox': change({ ...copy, toId: 'm1' as never }),
  MOVE: change({ ...copy, op: 'move' }),
  EXPUNGE: change({ op: 'expunge', mailboxId: 'm1' as never, onlyDeleted: false }),
  'RENAME INBOX': change({
    op: 'createMailbox',
    name: 'old',
    parentId: null,
    emailsFrom: 'm1' as never,
  }),
  'the end of an account': { kind: 'deleteAccount', address: 'me@example.test' },
}

describe.each(Object.entries(wide))('%s of many emails', (_, job) => {
  it('is done in short turns, and the mail of others goes between them', async () => {
    await using bench = await open()
    const done = bench.run(job)
    const between: WriterOutcome[] = []
    for (let at = 0; at < 2; at += 1) between.push(await bench.run(delivery(bench.other)))
    expect(between).toHaveLength(2)
    expect(bench.answered).not.toContain(1)
    expect(await done).toHaveProperty('answer')
    expect(Math.max(...bench.turns)).toBeLessThan(maxStatementsPerTurn)
  })
})

describe('between the arrival of a delivery and its commit', () => {
  /** The turn of a slice, and that of the delivery itself, in which another op may begin. */
  const maxStatements = 2 * maxStatementsPerTurn
  const accounts = 8

  it.each([1, accounts])('little is written, whatever %i accounts ask at once', async (many) => {
    await using bench = await open(async (store) => {
      for (let at = 2; at <= accounts; at += 1) {
        const { id } = await store.directory.addAccount(`more${at}@example.test`, { hash: 'hash' })
        const inbox = (await mailboxOf(store.mail, id, 'inbox')).id
        const adding = Array.from({ length: 300 }, (_, n): Extract<MailOp, { op: 'addEmail' }> => ({
          op: 'addEmail',
          content: Buffer.from(`Subject: ${at} ${n}\r\n\r\n`),
          mailboxIds: [inbox],
          keywords: [],
          receivedAt: n,
        }))
        await store.mail.transact(id, adding)
      }
    })
    // Account 2 is the other one, to whom mail comes.
    const busy = [1, ...Array.from({ length: accounts - 1 }, (_, at) => at + 3)].slice(0, many)
    const ofAll = async (job: WriterJob): Promise<void> => {
      const over = new AbortController()
      const ending = Promise.all(busy.map((account) => bench.run({ ...job, account } as WriterJob)))
      const ended = ending.finally(() => over.abort())
      while (!over.signal.aborted) {
        const before = bench.turns.length
        await bench.run(delivery(bench.other))
        const between = bench.turns.slice(before)
        expect(between.length).toBeLessThanOrEqual(2)
        expect(between.reduce((sum, statements) => sum + statements, 0)).toBeLessThan(maxStatements)
      }
      expect((await ended).every((outcome) => 'answer' in outcome)).toBe(true)
    }
    await ofAll(change(flags))
    await ofAll(change(copy))
    await ofAll(change({ ...copy, op: 'move', toId: 'm4' as never }))
    await ofAll(change({ op: 'expunge', mailboxId: 'm3' as never, onlyDeleted: false }))
    const destroy = { op: 'destroyMailbox', mailboxId: 'm4' as never, removeEmails: true } as const
    await ofAll(change(destroy))
    // No commit of all these has copied the write-ahead log into the database: nobody did, since nobody answers the writer here.
    const wal = bench.sql.get<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)')
    expect(wal?.checkpointed).toBe(0)
  })
})

describe('an op in slices', () => {
  it('answers with all that it did, in order', async () => {
    await using bench = await open()
    expect(await bench.run(change(flags))).toMatchObject({
      answer: [{ uids: all, refusedUids: [] }],
    })
    const uids = Array.from({ length: emails }, (_, at) => ({ from: at + 1, to: at + 1 }))
    expect(await bench.run(change(copy))).toMatchObject({ answer: [{ uids }] })
    const expunge = { op: 'expunge', mailboxId: 'm1' as never, onlyDeleted: false } as const
    expect(await bench.run(change(expunge))).toMatchObject({ answer: [{ uids: all }] })
    expect([countIn(bench, 1), countIn(bench, 3)]).toEqual([0, emails])
  })

  it('takes the emails that were there when it began, and leaves those that came meanwhile', async () => {
    await using bench = await open()
    const expunge = { op: 'expunge', mailboxId: 'm1' as never, onlyDeleted: false } as const
    const done = bench.run(change(expunge))
    // The first is in the turn that the EXPUNGE begins in, before it.
    await bench.run(delivery(bench.account))
    await bench.run(delivery(bench.account))
    await done
    expect(countIn(bench, 1)).toBe(1)
  })

  it('destroys a mailbox with what came into it meanwhile', async () => {
    await using bench = await open()
    await bench.run(change({ ...copy, op: 'move' }))
    const destroy = { op: 'destroyMailbox', mailboxId: 'm3' as never, removeEmails: true } as const
    const done = bench.run(change(destroy))
    const add = { ...copy, toId: 'm3' as never, uids: [emails + 1] as never }
    await bench.run(delivery(bench.account))
    await bench.run(change(add))
    expect(await done).toEqual({ id: 2, answer: [null] })
    expect(bench.sql.get('SELECT 1 FROM mailbox WHERE account_id = 1 AND id = 3')).toBeUndefined()
    expect(countIn(bench, 1)).toBe(1)
  })

  it('of a copy that cannot go on takes back what it has copied, in slices too: a COPY is all or nothing', async () => {
    await using bench = await open(async (store) => {
      await store.directory.setQuota('me@example.test', { bytes: 0, emails: emails + 700 })
    })
    const failed = await bench.run(change({ ...copy, toId: 'm1' as never }))
    expect(failed).toMatchObject({ error: { code: 'quota.exceeded' } })
    expect(countIn(bench, 1)).toBe(emails)
    expect(bench.turns.length).toBeGreaterThan(6)
    expect(Math.max(...bench.turns)).toBeLessThan(maxStatementsPerTurn)
  })

  it('runs again from where it was when another job of its turn is undone', async () => {
    await using bench = await open()
    const done = bench.run(change(flags))
    const missing = { op: 'destroyEmail', emailId: 'e0' as never } as const
    const others = Array.from({ length: 40 }, (_, at) =>
      bench.run(at % 2 === 0 ? change(missing) : delivery(bench.account)),
    )
    expect((await Promise.all(others)).filter((one) => 'error' in one)).toHaveLength(20)
    expect(await done).toMatchObject({ answer: [{ uids: all }] })
  })
})

/** Made, and half of them deleted. */
const manyRecords: readonly MailOp[] = Array.from({ length: 1_500 }, (_, at) =>
  at < 1_000
    ? { op: 'putRecord', type: 'Test', id: `n${at}`, body: at }
    : { op: 'deleteRecord', type: 'Test', id: `n${at - 1_000}` },
)

describe('what is removed', () => {
  it('goes in steps: the content of a large email, after the email', async () => {
    await using bench = await open(async (store, account) => {
      const local = [{ accountId: account, role: 'inbox', keywords: [] } as const]
      const content = Buffer.concat([Buffer.from('Subject: x\r\n\r\n'), randomBytes(6_000_000)])
      await store.mail.deliver({ content, receivedAt: 1, local })
    })
    const uids = [emails + 1] as never
    const expunge = { op: 'expunge', mailboxId: 'm1' as never, uids, onlyDeleted: false } as const
    await bench.run(change(expunge))
    const chunks = (): number =>
      bench.sql.all('SELECT 1 FROM blob_chunk WHERE id >= ? * 4096', emails + 1).length
    expect(chunks()).toBeGreaterThan(8)
    await new Promise<void>((resolve) => bench.loop.whenIdle(resolve))
    expect(chunks()).toBe(0)
  })

  it('goes on after a restart: what an account has left', async () => {
    using folder = makeFolder()
    const account = await (async () => {
      await using store = await openIn(folder.path)
      const filled = await fill(store)
      await store.mail.transact(filled.account, manyRecords)
      return filled
    })()
    expect(account).toBeDefined()
    const path = join(folder.path, 'gatepost.sqlite')
    const sql = new Sql(openDatabase(path, 'write'))
    // As a process leaves it that ends after the first transaction.
    sql.db.exec(
      `DELETE FROM principal WHERE id = 1; DELETE FROM credential WHERE principal_id = 1;
       DELETE FROM account WHERE id = 1; INSERT INTO deleted_account (id) VALUES (1)`,
    )
    expect((await verifyStore({ dataFolder: folder.path })).problems).toEqual([])
    const loop = new WriterLoop(sql, { now: () => now }, () => undefined)
    await new Promise<void>((resolve) => loop.whenIdle(resolve))
    for (const table of tablesOfAccount)
      expect(sql.all(`SELECT 1 FROM ${table} WHERE account_id = 1`)).toEqual([])
    expect(sql.all('SELECT 1 FROM deleted_account')).toEqual([])
    expect(sql.all('SELECT 1 FROM blob')).toEqual([])
    sql.close()
  })

  it('is trimmed in steps: tombstones', async () => {
    await using bench = await open()
    await bench.run({ kind: 'transact', account: 1, ops: manyRecords })
    await bench.run(change({ op: 'expunge', mailboxId: 'm1' as never, onlyDeleted: false }))
    bench.turns.length = 0
    const policy = { maxTombstones: 10, maxTombstoneAgeMs: 1e12 }
    await bench.run({ kind: 'sweep', policy, progress: sweepBegin })
    expect(Math.max(...bench.turns)).toBeLessThan(maxStatementsPerTurn)
    const left = bench.sql.all(`SELECT 1 FROM tombstone UNION ALL SELECT 1 FROM expunged
         UNION ALL SELECT 1 FROM record_tombstone`)
    expect(left).toHaveLength(10)
  })
})
