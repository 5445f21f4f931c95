import { join } from 'node:path'

import { type AccountId, allRights, type MailOp, type PrincipalId, type Uid } from '@gatepost/core'
import { type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { expect, it } from 'vitest'

import { openDatabase } from '../src/database.ts'
import { Sql } from '../src/sql.ts'
import type { WriterJob } from '../src/writer/protocol.ts'
import { WriterLoop } from '../src/writer/writer-loop.ts'
import { mailboxOf } from './operate/filled-store.ts'
import { maxStatementsPerTurn, now, openWriterBench, type WriterBench } from './writer-bench.ts'

const emails = 300
const own = 'me@example.test'
const friends = Array.from({ length: 40 }, (_, at) => `friend${at}@example.test`)

interface Filled {
  readonly account: AccountId
}
type Bench = WriterBench & Filled

async function fill(store: SqliteStore, viewers: readonly string[]): Promise<Filled> {
  const { id: account } = await store.directory.addAccount(own, { hash: '' })
  for (const name of friends) await store.directory.addAccount(name, { hash: '' })
  for (const principal of viewers)
    await store.directory.setAccess({ account: own, principal, rights: allRights })
  const { id } = await mailboxOf(store.mail, account, 'inbox')
  await store.mail.transact(
    account,
    Array.from({ length: emails }, (_, at): MailOp => ({
      op: 'addEmail',
      content: Buffer.from(`Subject: ${at >> 1}\r\nMessage-ID: <${at}@x>\r\n\r\n${at}`),
      mailboxIds: [id],
      keywords: [],
      receivedAt: at,
    })),
  )
  return { account }
}

function open(viewers: readonly string[]): Promise<Bench> {
  return openWriterBench((store) => fill(store, viewers))
}

const all = Array.from({ length: emails }, (_, at) => (at + 1) as Uid)
const reading: Extract<MailOp, { op: 'updateFlags' }> = {
  op: 'updateFlags',
  mailboxId: 'm1' as never,
  uids: all,
  mode: 'add',
  keywords: ['$seen'],
}
const copying: Extract<MailOp, { op: 'copy' | 'move' }> = {
  op: 'copy',
  fromId: 'm1' as never,
  toId: 'm3' as never,
  uids: all,
}
const expunging: MailOp = { op: 'expunge', mailboxId: 'm1' as never, onlyDeleted: false }

function change(op: MailOp, viewer?: PrincipalId): WriterJob {
  return { kind: 'transact', account: 1, ops: [op], viewer }
}

function delivery(to: AccountId): WriterJob {
  const local = [{ accountId: to, role: 'inbox', keywords: [] } as const]
  const content = Buffer.from('Message-ID: <new@x>\r\nReferences: <0@x>\r\n\r\n')
  return { kind: 'deliver', delivery: { content, receivedAt: 1, local } }
}

function rowsOfViewers({ sql }: Pick<Bench, 'sql'>): number {
  const tables = ['viewer_seen', 'viewer_thread', 'viewer_mailbox']
  return tables.reduce((sum, table) => sum + sql.all(`SELECT 1 FROM ${table}`).length, 0)
}

it('mail that nobody else sees costs no statement for viewers', async () => {
  await using bench = await open([])
  const texts: string[] = []
  const prepare = bench.sql.db.prepare.bind(bench.sql.db)
  bench.sql.db.prepare = (text) => {
    texts.push(text)
    return prepare(text)
  }
  for (const job of [delivery(bench.account), change(reading), change(copying), change(expunging)])
    expect(await bench.run(job)).toHaveProperty('answer')
  expect(texts.length).toBeGreaterThan(10)
  expect(texts.filter((text) => text.includes('viewer_'))).toEqual([])
})

it('what many viewers have apart is written in short turns', async () => {
  await using bench = await open(friends)
  const viewer = 'p2' as PrincipalId
  for (const job of [
    change(reading, viewer),
    change(reading),
    delivery(bench.account),
    change(copying, viewer),
    change(copying),
    change({ ...reading, mode: 'remove' }, viewer),
    change(expunging),
  ])
    expect(await bench.run(job)).toHaveProperty('answer')
  expect(Math.max(...bench.turns)).toBeLessThan(maxStatementsPerTurn)
})

it('what somebody had apart is removed in short turns when access ends', async () => {
  await using bench = await open(friends.slice(0, 1))
  await bench.run(change(reading, 'p2' as PrincipalId))
  expect(rowsOfViewers(bench)).toBeGreaterThan(emails)
  bench.turns.length = 0
  const grant = { account: own, principal: 'friend0@example.test', rights: new Set<never>() }
  expect(await bench.run({ kind: 'setAccess', grant })).toMatchObject({ answer: null })
  expect(bench.turns.length).toBeGreaterThan(1)
  expect(rowsOfViewers(bench)).toBe(0)
  expect(bench.sql.all('SELECT 1 FROM deleted_viewer')).toEqual([])
})

it.each(['the principal', 'the account'])('what a viewer had apart goes with %s', async (which) => {
  await using bench = await open(friends.slice(0, 2))
  await bench.run(change(reading, 'p2' as PrincipalId))
  await bench.run(change(copying))
  const address = which === 'the account' ? own : 'friend0@example.test'
  expect(await bench.run({ kind: 'deleteAccount', address })).toMatchObject({ answer: null })
  expect(rowsOfViewers(bench)).toBe(0)
  expect(bench.sql.all('SELECT viewers FROM account WHERE id = 1')).toEqual(
    which === 'the account' ? [] : [{ viewers: 1 }],
  )
})

it('what is left of it is removed after a restart, where the process ended in between', async () => {
  await using bench = await open(friends.slice(0, 1))
  await bench.run(change(reading, 'p2' as PrincipalId))
  // As a process leaves it that ends after the first transaction.
  bench.sql.db.exec(
    `DELETE FROM access; DELETE FROM viewer; INSERT INTO deleted_viewer (id) VALUES (1); UPDATE account SET viewers = 0`,
  )
  expect((await verifyStore({ dataFolder: bench.folder })).problems).toEqual([])
  const sql = new Sql(openDatabase(join(bench.folder, 'gatepost.sqlite'), 'write'))
  const loop = new WriterLoop(sql, { now: () => now }, () => undefined)
  await new Promise<void>((resolve) => loop.whenIdle(resolve))
  expect(rowsOfViewers({ sql })).toBe(0)
  expect(sql.all('SELECT 1 FROM deleted_viewer')).toEqual([])
  sql.close()
})

it('a COPY of a viewer whose access ends in the middle is taken back', async () => {
  await using bench = await open(friends.slice(0, 5))
  await bench.run(change(reading))
  const twice: MailOp = { ...copying, toId: 'm1' as never }
  const copied = bench.run(change(twice, 'p2' as PrincipalId))
  // Between two slices of the COPY.
  const grant = { account: own, principal: 'friend0@example.test', rights: new Set<never>() }
  expect(await bench.run({ kind: 'setAccess', grant })).toMatchObject({ answer: null })
  expect(await copied).toMatchObject({ error: { code: 'account.notFound' } })
  const inInbox = bench.sql.all('SELECT 1 FROM membership WHERE account_id = 1 AND mailbox_id = 1')
  expect(inInbox).toHaveLength(emails)
})

it('a mailbox that goes takes the viewers along who had access to nothing else', async () => {
  await using bench = await open(friends.slice(0, 1))
  const mailbox = 'm4' as never
  const [one, two] = ['friend0@example.test', 'friend1@example.test'] as const
  for (const principal of [one, two])
    await bench.run({
      kind: 'setAccess',
      grant: { account: own, mailbox, principal, rights: allRights },
    })
  expect(bench.sql.all('SELECT viewers FROM account WHERE id = 1')).toEqual([{ viewers: 2 }])
  await bench.run(change({ op: 'destroyMailbox', mailboxId: mailbox, removeEmails: true }))
  expect(bench.sql.all('SELECT principal_id FROM viewer')).toEqual([{ principal_id: 2 }])
})

it('an account has 128 viewers at most', async () => {
  await using bench = await open(friends.slice(0, 1))
  bench.sql.db.exec('UPDATE account SET viewers = 128 WHERE id = 1')
  const grant = { account: own, principal: 'friend1@example.test', rights: allRights }
  expect(await bench.run({ kind: 'setAccess', grant })).toMatchObject({
    error: { code: 'access.tooMany' },
  })
  expect(bench.sql.all('SELECT 1 FROM access WHERE account_id = 1')).toHaveLength(1)
  bench.sql.db.exec('UPDATE account SET viewers = 1 WHERE id = 1')
})
