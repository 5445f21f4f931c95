import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { openDatabase } from '../../src/database.ts'
import { migrate, schemaVersionOf } from '../../src/schema/migrate.ts'
import { version1 } from '../../src/schema/version-1.ts'
import { makeFolder, openIn } from '../open-fixture.ts'
import { startChild } from './child.ts'
import { fillStore } from './filled-store.ts'

const version2 = `ALTER TABLE account ADD COLUMN nickname TEXT; UPDATE account SET nickname = 'of ' || address;`
const version3 = `CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;`
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
    migrateIn(folder.path, [version1, version2, version3])
    const path = databaseIn(folder.path)
    expect(query(path, 'SELECT version FROM schema_version')).toEqual([3])
    expect(query(path, 'SELECT nickname FROM account')).toContain('of me@example.test')
    const copy = `${path}.v1`
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(query(copy, 'SELECT version FROM schema_version')).toEqual([1])
    expect(query(copy, 'SELECT count(*) FROM email')).toEqual([15])
    expect(query(copy, 'PRAGMA integrity_check')).toEqual(['ok'])
    expect(readdirSync(folder.path).filter((name) => name.includes('.v'))).toEqual([
      'gatepost.sqlite.v1',
    ])
  })

  it('keeps in the copy what was written last, though it is still in the WAL', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    const path = databaseIn(folder.path)
    const open = openDatabase(path, 'write')
    open.exec("UPDATE account SET password_hash = 'the last change' WHERE id = 1")
    migrateIn(folder.path, [version1, version2])
    open.close()
    expect(query(`${path}.v1`, 'SELECT password_hash FROM account WHERE id = 1')).toEqual([
      'the last change',
    ])
  })

  it('of a database that is new keeps no copy', () => {
    using folder = makeFolder()
    migrateIn(folder.path, [version1, version2])
    expect(existsSync(`${databaseIn(folder.path)}.v1`)).toBe(false)
  })

  it('that cannot be reached leaves the old one working, and can be tried again', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    expect(() => migrateIn(folder.path, [version1, broken])).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed' }),
    )
    expect(
      query(databaseIn(folder.path), "SELECT name FROM sqlite_schema WHERE name = 'half'"),
    ).toEqual([])
    await expectWorking(folder.path)
    migrateIn(folder.path, [version1, version2])
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([2])
  })

  it('stops at the step that fails', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    expect(() => migrateIn(folder.path, [version1, version2, broken])).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed', fields: { version: 2 } }),
    )
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([2])
    expect(query(`${databaseIn(folder.path)}.v1`, 'SELECT version FROM schema_version')).toEqual([
      1,
    ])
  })

  it('is not begun when there is no room for the copy', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    // A folder under the name of the copy stands for any way in which it cannot be written.
    const db = openDatabase(databaseIn(folder.path), 'write')
    mkdirSync(`${databaseIn(folder.path)}.v1`)
    expect(() => migrate(db, { migrations: [version1, version2] })).toThrow(
      expect.objectContaining({ code: 'store.migrationFailed' }),
    )
    expect(schemaVersionOf(db)).toBe(1)
    db.close()
    expect(existsSync(`${databaseIn(folder.path)}.v1.partial`)).toBe(false)
    await expectWorking(folder.path)
  })

  it('killed in its middle is as if it had not begun', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    await using child = startChild('migrate', folder.path)
    expect(await child.said()).toBe('halfway\n')
    // Others wait for it, in vain.
    const waiting = new DatabaseSync(databaseIn(folder.path), { timeout: 0 })
    expect(() => migrate(waiting, { migrations: [version1, version2] })).toThrow(
      expect.objectContaining({ code: 'store.busy' }),
    )
    waiting.close()
    await child.kill()
    expect(query(databaseIn(folder.path), 'SELECT version FROM schema_version')).toEqual([1])
    expect(query(`${databaseIn(folder.path)}.v1`, 'SELECT count(*) FROM email')).toEqual([15])
    await expectWorking(folder.path)
    migrateIn(folder.path, [version1, version2])
    expect(query(databaseIn(folder.path), 'SELECT nickname FROM account')).toContain(
      'of me@example.test',
    )
  })
})

async function expectWorking(folder: string): Promise<void> {
  await using store = await openIn(folder)
  const [me] = store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  await store.mail.deliver({
    content: Buffer.from('Subject: it works\r\n\r\n'),
    receivedAt: 1,
    local: [{ accountId: me.id, role: 'inbox', keywords: [] }],
  })
  expect((await verifyStore({ dataFolder: folder })).problems).toEqual([])
}
