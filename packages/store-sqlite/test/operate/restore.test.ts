import {
  chownSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { AccountId, EmailId, Mailbox, ModSeq } from '@gatepost/core'
import { backupStore, restoreStore, type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { published } from '../../src/schema/migrate.ts'
import { makeFolder, openIn } from '../open-fixture.ts'
import { spawnChild } from '../spawn-child.ts'
import { startChild } from './child.ts'
import { fillStore, mailboxOf } from './filled-store.ts'

interface Bench extends Disposable {
  readonly folder: string
  readonly backup: string
}

/** A folder for a store, and beside it the backup of one that is filled. */
async function open(): Promise<Bench> {
  const outer = makeFolder()
  const backup = join(outer.path, 'mail.backup')
  const source = join(outer.path, 'source')
  await fillStore(source)
  await backupStore({ dataFolder: source, to: backup })
  rmSync(source, { recursive: true })
  return {
    folder: join(outer.path, 'data'),
    backup,
    [Symbol.dispose]: () => outer[Symbol.dispose](),
  }
}

function addressesIn(folder: string): unknown[] {
  const db = new DatabaseSync(join(folder, 'gatepost.sqlite'), { readOnly: true })
  try {
    return db
      .prepare('SELECT address FROM account ORDER BY address')
      .all()
      .map(({ address }) => address)
  } finally {
    db.close()
  }
}

async function otherStore(folder: string): Promise<void> {
  await using store = await openIn(folder)
  await store.directory.addAccount('other@example.test', { hash: 'hash' })
}

const filled = ['me@example.test', 'you@example.test']

describe('a restored store', () => {
  it('is what was backed up, for its owner alone', async () => {
    using bench = await open()
    expect(await restoreStore({ dataFolder: bench.folder, from: bench.backup })).toEqual({
      putAsideAs: null,
      accounts: 2,
      emails: 15,
      queued: 1,
    })
    expect(statSync(bench.folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(bench.folder, 'gatepost.sqlite')).mode & 0o777).toBe(0o600)
    expect((await verifyStore({ dataFolder: bench.folder, isDeep: true })).problems).toEqual([])
    await using store = await openIn(bench.folder)
    const accounts = await store.directory.listAccounts()
    expect(accounts.map(({ address }) => address)).toEqual(filled)
    const [me, you] = await Promise.all(filled.map((name) => store.directory.login(name)))
    expect(me?.credentials.map(({ hash }) => hash)).toEqual(['hash', 'sha256:of a secret'])
    expect(you?.access.shared).toMatchObject([{ account: { address: 'me@example.test' } }])
    expect(await store.queue.list(10)).toHaveLength(1)
  })

  it('puts the one that was there aside, whole, and what was derived from it away', async () => {
    using bench = await open()
    await otherStore(bench.folder)
    writeFileSync(join(bench.folder, 'search.sqlite'), 'derived')
    writeFileSync(join(bench.folder, 'search.sqlite-wal'), 'derived')
    const clock = { now: () => Date.UTC(2026, 1, 3, 4, 5, 6) }
    const options = { dataFolder: bench.folder, from: bench.backup, clock }
    await expect(restoreStore(options)).rejects.toMatchObject({ code: 'store.exists' })
    expect(addressesIn(bench.folder)).toEqual(['other@example.test'])
    const { putAsideAs } = await restoreStore({ ...options, mayReplace: true })
    const name = 'gatepost.sqlite.before-restore-2026-02-03T04-05-06.000Z'
    expect(putAsideAs).toBe(join(bench.folder, name))
    expect(readdirSync(bench.folder).toSorted()).toEqual(
      ['gatepost.sqlite', name, 'server.lock', 'server.pid'].toSorted(),
    )
    expect(addressesIn(bench.folder)).toEqual(filled)
    // Back again: what was put aside is a backup like any other.
    rmSync(join(bench.folder, 'gatepost.sqlite'))
    await restoreStore({ dataFolder: bench.folder, from: putAsideAs ?? '' })
    expect(addressesIn(bench.folder)).toEqual(['other@example.test'])
  })

  it('puts aside what is in the WAL of a store that was killed', async () => {
    using bench = await open()
    const { me } = await fillStore(bench.folder)
    await using server = spawnChild('deliver', bench.folder, me)
    const { value } = await server.lines.next()
    await server.kill()
    expect(statSync(join(bench.folder, 'gatepost.sqlite-wal')).size).toBeGreaterThan(0)
    const { putAsideAs } = await restoreStore({
      dataFolder: bench.folder,
      from: bench.backup,
      mayReplace: true,
    })
    const db = new DatabaseSync(putAsideAs ?? '', { readOnly: true })
    const found = db
      .prepare("SELECT 1 FROM blob_index WHERE mime ->> '$.envelope.subject' = ?")
      .get(JSON.parse(value) as string)
    db.close()
    expect(found).toBeDefined()
    expect((await verifyStore({ dataFolder: bench.folder })).problems).toEqual([])
  })

  it('takes the place of a store that cannot be read any more', async () => {
    using bench = await open()
    await otherStore(bench.folder)
    writeFileSync(
      join(bench.folder, 'gatepost.sqlite'),
      'ruins of a database, to be kept; '.repeat(1000),
    )
    writeFileSync(join(bench.folder, 'gatepost.sqlite-wal'), 'ruins of a WAL')
    const { putAsideAs } = await restoreStore({
      dataFolder: bench.folder,
      from: bench.backup,
      mayReplace: true,
    })
    expect(readFileSync(putAsideAs ?? '', 'utf8')).toContain('ruins of a database')
    expect(readFileSync(`${putAsideAs}-wal`, 'utf8')).toBe('ruins of a WAL')
    expect((await verifyStore({ dataFolder: bench.folder })).problems).toEqual([])
  })

  it('tells clients to look again, and gives no id, UID or modseq twice', async () => {
    using bench = await open()
    const { folder, backup } = bench
    await restoreStore({ dataFolder: folder, from: backup })
    // What clients see after the backup and lose by the next restore.
    const lost = await deliverSome(folder)
    await restoreStore({ dataFolder: folder, from: backup, mayReplace: true })
    await using store = await openIn(folder)
    const inbox = await mailboxOf(store.mail, lost.account, 'inbox')
    expect(inbox.uidValidity).toBeGreaterThan(lost.inbox.uidValidity)
    await store.mail.read(lost.account, async ({ changes, state }) => {
      expect(await changes.emails(lost.state, 10)).toBe('cannotCalculateChanges')
      expect(await changes.memberships(inbox.id, lost.state, { from: lost.state, limit: 10 })).toBe(
        'cannotCalculateChanges',
      )
      expect(await changes.emails(state, 10)).toMatchObject({ created: [], destroyed: [] })
    })
    const again = await deliverOne(store, lost.account)
    expect(number(again)).toBeGreaterThan(number(lost.email))
    const list = await store.mail.read(lost.account, ({ mailboxes }) => mailboxes.list())
    const validities = list.map(({ uidValidity }) => uidValidity)
    expect(new Set(validities).size).toBe(validities.length)
    expect((await verifyStore({ dataFolder: folder })).problems).toEqual([])
  })

  it('belongs to whom its folder belongs to', async () => {
    using bench = await open()
    await otherStore(bench.folder)
    if (process.getuid?.() === 0) chownSync(bench.folder, 12_345, 12_345)
    await restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true })
    const { uid } = statSync(bench.folder)
    for (const name of ['gatepost.sqlite', 'server.lock', 'server.pid'])
      expect(statSync(join(bench.folder, name)).uid).toBe(uid)
  })

  it('has an identity of its own', async () => {
    using bench = await open()
    const identity = (): unknown => {
      const db = new DatabaseSync(join(bench.folder, 'gatepost.sqlite'), { readOnly: true })
      try {
        return db.prepare('SELECT id FROM identity').get()?.['id']
      } finally {
        db.close()
      }
    }
    await restoreStore({ dataFolder: bench.folder, from: bench.backup })
    const first = identity()
    await restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true })
    expect(identity()).not.toBe(first)
  })

  it('is brought up from an older version of the schema; the backup stays as it is', async () => {
    using bench = await open()
    const next = 'ALTER TABLE account ADD COLUMN nickname TEXT;'
    const before = readFileSync(bench.backup)
    await restoreStore({
      dataFolder: bench.folder,
      from: bench.backup,
      migrations: [...published, next],
    })
    await expect(openIn(bench.folder)).rejects.toMatchObject({ code: 'store.newerSchema' })
    expect(readFileSync(bench.backup).equals(before)).toBe(true)
    expect(readdirSync(bench.folder).filter((name) => name.includes('.v'))).toEqual([])
  })
})

describe('a restore', () => {
  it('is refused while a server holds the folder', async () => {
    using bench = await open()
    await using server = spawnChild('hold', bench.folder)
    await server.lines.next()
    await expect(
      restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true }),
    ).rejects.toMatchObject({ code: 'store.locked', fields: { pid: server.process.pid } })
    expect(addressesIn(bench.folder)).toEqual([])
  })

  it('is refused while a command has the store open', async () => {
    using bench = await open()
    await otherStore(bench.folder)
    await using tool = await openIn(bench.folder, { mode: 'tool' })
    expect(tool.health().isWritable).toBe(true)
    await expect(
      restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true }),
    ).rejects.toMatchObject({ code: 'store.inUse' })
    expect(addressesIn(bench.folder)).toEqual(['other@example.test'])
    expect(existsSync(join(bench.folder, 'gatepost.sqlite.partial'))).toBe(false)
  })

  it.each<[name: string, spoil: (path: string) => void, code: string]>([
    ['has a damaged page', (path) => overwrite(path, 5 * 4096), 'backup.damaged'],
    ['is cut off', (path) => truncateSync(path, 40_960), 'backup.damaged'],
    [
      'is no database',
      (path) => writeFileSync(path, 'a text, and a long one'.repeat(100)),
      'backup.damaged',
    ],
    ['is empty', (path) => truncateSync(path, 0), 'backup.damaged'],
    ['is not there', (path) => rmSync(path), 'backup.notFound'],
    ['is of a newer program', (path) => setVersion(path, 99), 'store.newerSchema'],
  ])('from a backup that %s changes nothing', async (_name, spoil, code) => {
    using bench = await open()
    await otherStore(bench.folder)
    const before = readFileSync(join(bench.folder, 'gatepost.sqlite'))
    spoil(bench.backup)
    await expect(
      restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true }),
    ).rejects.toMatchObject({ code })
    expect(readFileSync(join(bench.folder, 'gatepost.sqlite')).equals(before)).toBe(true)
    expect(readdirSync(bench.folder).toSorted()).toEqual([
      'gatepost.sqlite',
      'server.lock',
      'server.pid',
    ])
    await using store = await openIn(bench.folder)
    expect(await store.directory.listAccounts()).toHaveLength(1)
  })

  it('killed at any moment leaves the old store or the new one, whole', async () => {
    using bench = await open()
    await otherStore(bench.folder)
    const outcomes = new Set<string>()
    for (let delay = 0; delay < 8; delay += 1) {
      await using child = startChild('restore', bench.folder, bench.backup)
      await child.said()
      for (let turn = 0; turn < delay * 40; turn += 1)
        await new Promise((resolve) => setImmediate(resolve))
      await child.kill()
      const { problems } = await verifyStore({ dataFolder: bench.folder, isDeep: true })
      expect(problems).toEqual([])
      const found = addressesIn(bench.folder).join(' ')
      expect([filled.join(' '), 'other@example.test']).toContain(found)
      outcomes.add(found)
    }
    await restoreStore({ dataFolder: bench.folder, from: bench.backup, mayReplace: true })
    expect(addressesIn(bench.folder)).toEqual(filled)
  })
})

interface Lost {
  readonly account: AccountId
  readonly inbox: Mailbox
  readonly state: ModSeq
  readonly email: EmailId
}

async function deliverSome(folder: string): Promise<Lost> {
  await using store = await openIn(folder)
  const [me] = await store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  const email = await deliverOne(store, me.id)
  return {
    account: me.id,
    email,
    inbox: await mailboxOf(store.mail, me.id, 'inbox'),
    state: await store.mail.read(me.id, (reader) => reader.state),
  }
}

async function deliverOne(store: SqliteStore, accountId: AccountId): Promise<EmailId> {
  const { local } = await store.mail.deliver({
    content: Buffer.from('Subject: one more\r\n\r\n'),
    receivedAt: 1,
    local: [{ accountId, role: 'inbox', keywords: [] }],
  })
  const [one] = local
  if (one?.kind !== 'delivered') throw new Error('not delivered')
  return one.emailId
}

function number(id: EmailId): number {
  return Number(id.slice(1))
}

function overwrite(path: string, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, at)
  closeSync(file)
}

function setVersion(path: string, version: number): void {
  const db = new DatabaseSync(path)
  db.exec(`UPDATE schema_version SET version = ${version}`)
  db.close()
}
