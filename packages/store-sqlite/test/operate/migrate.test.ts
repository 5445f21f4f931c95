import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { loginStamp } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { openDatabase } from '../../src/database.ts'
import {
  currentSchemaVersion as current,
  migrate,
  published,
  schemaVersionOf,
} from '../../src/schema/migrate.ts'
import { version1 } from '../../src/schema/version-1.ts'
import { makeFolder, openIn } from '../open-fixture.ts'
import { startChild } from './child.ts'
import { fillStore, mailboxOf } from './filled-store.ts'

const next = `ALTER TABLE account ADD COLUMN nickname TEXT; UPDATE account SET nickname = 'of ' || address;`
const afterNext = `CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;`
const broken = `CREATE TABLE half (id INTEGER PRIMARY KEY); UPDATE account SET no_such_column = 1;`

function databaseIn(folder: string): string {
  return join(folder, 'gatepost.sqlite')
}

function migrateIn(folder: string, migrations: readonly string[]): void {
  const db = openDatabase(databaseIn(folder), 'write')
  try {
    migrate(db, { migrations })
  } finally {
    db.close()
  }
}

function query(path: string, text: string): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db
      .prepare(text)
      .all()
      .map((row) => Object.values(row)[0])
  } finally {
    db.close()
  }
}

describe('a newer version of the schema', () => {
  it('is reached step by step, with a copy of what was there, for its owner alone', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    migrateIn(folder.path, [...published, next, afterNext])
    const path = databaseIn(folder.path)
    expect(query(path, 'SELECT version FROM schema_version')).toEqual([current + 2])
    expect(query(path, 'SELECT nickname FROM account')).toContain('of me@example.test')
    const copy = `${path}.v${current}`
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(query(copy, 'SELECT version FROM schema_version')).toEqual([current])
    expect(query(copy, 'SELECT count(*) FROM email')).toEqual([15])
    expect(query(copy, 'PRAGMA integrity_check')).toEqual(['ok'])
    expect(readdirSync(folder.path).filter((name) => name.includes('.v'))).toEqual([
      `gatepost.sqlite.v${current}`,
    ])
  })

  it('keeps in the copy what was written last, though it is still in the WAL', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    const path = databaseIn(folder.path)
    const open = openDatabase(path, 'write')
    open.exec("UPDATE credential SET hash = 'the last change' WHERE id = 1")
    migrateIn(folder.path, [...published, next])
    open.close()
    expect(query(`${path}.v${current}`, 'SELECT hash FROM credential WHERE id = 1')).toEqual([
      'the last change',
    ])
  })

  it('of a database that is new keeps no copy', () => {
    using folder = makeFolder()
    migrateIn(folder.path, [...published, next])
    expect(existsSync(`${databaseIn(folder.path)}.v${current}`)).toBe(false)
  })

  it('that cannot be reached leaves the old one working, and can be tried again', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    expect(() => migrateIn(folder.path, [...published, broken])).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed' }),
    )
    expect(
      query(databaseIn(folder.path), "SELECT name FROM sqlite_schema WHERE name = 'half'"),
    ).toEqual([])
    await expectWorking(folder.path)
    migrateIn(folder.path, [...published, next])
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([
      current + 1,
    ])
  })

  it('stops at the step that fails', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    expect(() => migrateIn(folder.path, [...published, next, broken])).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed', fields: { version: current + 1 } }),
    )
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([
      current + 1,
    ])
    expect(
      query(`${databaseIn(folder.path)}.v${current}`, 'SELECT version FROM schema_version'),
    ).toEqual([current])
  })

  it('is not begun when there is no room for the copy', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    // A folder under the name of the copy stands for any way in which it cannot be written.
    const db = openDatabase(databaseIn(folder.path), 'write')
    mkdirSync(`${databaseIn(folder.path)}.v${current}`)
    expect(() => migrate(db, { migrations: [...published, next] })).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed' }),
    )
    expect(schemaVersionOf(db)).toBe(current)
    db.close()
    expect(existsSync(`${databaseIn(folder.path)}.v${current}.partial`)).toBe(false)
    await expectWorking(folder.path)
  })

  it('killed in its middle is as if it had not begun', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    await using child = startChild('migrate', folder.path)
    expect(await child.said()).toBe('halfway\n')
    // Others wait for it, in vain.
    const waiting = new DatabaseSync(databaseIn(folder.path), { timeout: 0 })
    expect(() => migrate(waiting, { migrations: [...published, next] })).toThrow(
      expect.objectContaining({ code: 'store.busy' }),
    )
    waiting.close()
    await child.kill()
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([current])
    expect(query(`${databaseIn(folder.path)}.v${current}`, 'SELECT count(*) FROM email')).toEqual([
      15,
    ])
    await expectWorking(folder.path)
    migrateIn(folder.path, [...published, next])
    expect(query(databaseIn(folder.path), 'SELECT nickname FROM account')).toContain(
      'of me@example.test',
    )
  })
})

describe('a store of version 1', () => {
  it('has its keywords, its dates in UTC and mailboxes that can be selected afterwards', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    // What version 2 added goes, so that the data is that of version 1.
    const db = openDatabase(databaseIn(folder.path), 'write')
    const old = new DatabaseSync(join(folder.path, 'old.sqlite'))
    migrate(old, { migrations: [version1] })
    const tables = old.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    old.close()
    db.exec(`ATTACH '${join(folder.path, 'old.sqlite')}' AS old; DELETE FROM old.identity`)
    for (const { name } of tables) {
      if (name === 'schema_version') continue
      const columns = db
        .prepare('SELECT name FROM pragma_table_info(?, ?)')
        .all(String(name), 'old')
        .map((column) => column['name'])
      if (columns.length === 0) continue
      const list = columns.join(', ')
      // What version 10 took from the accounts.
      const found = list.replace(
        'password_hash',
        '(SELECT hash FROM credential c WHERE c.principal_id = account.principal_id)',
      )
      db.exec(`DELETE FROM old.${String(name)}`)
      db.exec(`INSERT INTO old.${String(name)} (${list}) SELECT ${found} FROM main.${String(name)}`)
    }
    db.exec(`UPDATE old.email SET keywords = ' $seen $label1 work ' WHERE id % 2 = 0`)
    db.close()
    for (const end of ['', '-wal', '-shm'])
      rmSync(`${databaseIn(folder.path)}${end}`, { force: true })
    renameSync(join(folder.path, 'old.sqlite'), databaseIn(folder.path))

    await using store = await openIn(folder.path)
    const [me] = await store.directory.listAccounts()
    if (me === undefined) throw new Error('no account')
    const inbox = await mailboxOf(store.mail, me.id, 'inbox')
    await store.mail.read(me.id, async ({ keywords, mailboxes, memberships }) => {
      expect(await keywords.after(0)).toEqual([
        { position: 1, keyword: '$label1', spelling: '$label1' },
        { position: 2, keyword: 'work', spelling: 'work' },
      ])
      expect((await mailboxes.list()).every(({ isSelectable }) => isSelectable)).toBe(true)
      const [first] = await memberships.page(inbox.id, 0, 1)
      expect(first).toMatchObject({ zoneMinutes: 0, originalId: first?.emailId })
    })
    // The times that lists go by are those of the emails.
    const { problems } = await verifyStore({ dataFolder: folder.path })
    expect(problems.filter(({ what }) => what === 'membership.receivedAt')).toEqual([])
  })
})

describe('a store whose accounts logged in themselves', () => {
  it('has a principal for each, whose password and sessions go on', async () => {
    using folder = makeFolder()
    const path = databaseIn(folder.path)
    const db = openDatabase(path, 'write')
    migrate(db, { migrations: published.slice(0, 9) })
    for (const [id, name] of [
      [3, 'me'],
      [7, 'you'],
    ] as const)
      db.prepare(
        'INSERT INTO account (id, address, password_hash, created_at) VALUES (?, ?, ?, ?)',
      ).run(id, `${name}@example.test`, `hash of ${name}`, id)
    db.close()
    await using store = await openIn(folder.path)
    const { directory } = store
    const record = await directory.login('you@example.test')
    const { principal, ...access } = record?.access ?? expect.unreachable()
    expect(access).toEqual({
      account: { id: 'a7', address: 'you@example.test' },
      roles: new Set(),
      shared: [],
    })
    const stamp = loginStamp('hash of you')
    expect(record?.credentials).toMatchObject([{ kind: 'password', hash: 'hash of you', stamp }])
    expect(await directory.loginStamps([principal.id])).toEqual(
      new Map([[principal.id, new Set([stamp])]]),
    )
    expect(await directory.withoutScramKeys()).toBe(2)
    await directory.deleteAccount('me@example.test')
    await directory.addAccount('me@example.test', { hash: 'another' })
    const again = await directory.login('me@example.test')
    expect(again?.access.principal.id).not.toBe('p3')
    expect(again?.credentials).toMatchObject([{ hash: 'another' }])
  })
})

async function expectWorking(folder: string): Promise<void> {
  await using store = await openIn(folder)
  const [me] = await store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  await store.mail.deliver({
    content: Buffer.from('Subject: it works\r\n\r\n'),
    receivedAt: 1,
    local: [{ accountId: me.id, role: 'inbox', keywords: [] }],
  })
  expect((await verifyStore({ dataFolder: folder })).problems).toEqual([])
}
