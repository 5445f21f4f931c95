import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'
import { backupStore, restoreStore } from '@gatepost/store-sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { makeFolder, openIn } from '../open-fixture.ts'
import { fillStore } from './filled-store.ts'

let outer: ReturnType<typeof makeFolder>
let folder: string
let backup: string
let before: Buffer

beforeEach(async () => {
  outer = makeFolder()
  folder = join(outer.path, 'data')
  backup = join(outer.path, 'mail.backup')
  const source = join(outer.path, 'source')
  await fillStore(source)
  await backupStore({ dataFolder: source, to: backup })
  {
    await using store = await openIn(folder)
    await store.directory.addAccount('other@example.test', { hash: 'hash' })
  }
  before = readFileSync(join(folder, 'gatepost.sqlite'))
})
afterEach(() => outer[Symbol.dispose]())

function fifo(path: string): void {
  execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path])
}

function craft(sql: string): void {
  const db = new DatabaseSync(backup, { defensive: false })
  try {
    db.exec(sql)
  } finally {
    db.close()
  }
}

/** What is written into the schema as it is, whatever SQLite would say to it. */
const raw = (sql: string): string =>
  `PRAGMA writable_schema = ON; ${sql}; PRAGMA writable_schema = OFF`

interface Outcome {
  /** Of the refusal; undefined: it was restored. */
  readonly code: unknown
  readonly isUntouched: boolean
}

async function outcome(): Promise<Outcome> {
  const code: unknown = await restoreStore({
    dataFolder: folder,
    from: backup,
    mayReplace: true,
  }).then(
    () => undefined,
    (error: unknown) => (error instanceof MailError ? error.code : error),
  )
  const names = readdirSync(folder).toSorted().join(' ')
  const isSame = readFileSync(join(folder, 'gatepost.sqlite')).equals(before)
  return { code, isUntouched: isSame && names === 'gatepost.sqlite server.lock server.pid' }
}

const damaged: Outcome = { code: 'backup.damaged', isUntouched: true }

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT'

// What somebody gives to an operator as a backup may be any file that SQLite takes for a database.
describe('a crafted backup is refused, and the store stays as it is: one with', () => {
  it.each([
    [
      'a trigger',
      "CREATE TRIGGER own AFTER UPDATE ON account BEGIN UPDATE credential SET hash = 'x'; END",
    ],
    [
      'a trigger that has the name of a table',
      raw(
        "INSERT INTO sqlite_schema SELECT 'trigger', 'account', 'account', 0, 'CREATE TRIGGER account AFTER UPDATE ON account BEGIN DELETE FROM email; END'",
      ),
    ],
    ['a view', `CREATE VIEW own AS ${endless} max(i) AS version FROM n`],
    [
      'a view for a table',
      `ALTER TABLE account RENAME TO hidden; CREATE VIEW account AS ${endless} i AS id FROM n`,
    ],
    [
      'an endless view for the version',
      `DROP TABLE schema_version; CREATE VIEW schema_version AS ${endless} max(i) AS version FROM n`,
    ],
    ['a generated column', 'ALTER TABLE account ADD COLUMN own INTEGER AS (mod_seq * 2) VIRTUAL'],
    [
      'a check',
      raw(
        "UPDATE sqlite_schema SET sql = replace(sql, 'used_emails INTEGER', 'used_emails INTEGER CHECK (length(randomblob(1000000000)) > 0)') WHERE name = 'account'",
      ),
    ],
    ['an index over an expression', 'CREATE INDEX own ON account (lower(address))'],
    [
      'an index that is partial',
      'DROP INDEX email_thread; CREATE INDEX email_thread ON email (account_id, thread_id) WHERE id > 9',
    ],
    ['a full-text table', 'CREATE VIRTUAL TABLE own USING fts5(text); INSERT INTO own VALUES (1)'],
    [
      'a table that is not strict',
      raw("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')"),
    ],
    ['a table that is missing', 'DROP TABLE probe'],
    [
      'two tables on one page',
      raw(
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'blob_index') WHERE name = 'probe'",
      ),
    ],
    [
      'a root page that is none',
      raw("UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'probe'"),
    ],
    [
      'a broken definition',
      raw("UPDATE sqlite_schema SET sql = 'CREATE TABLE (' WHERE name = 'probe'"),
    ],
    ['an application_id', 'PRAGMA application_id = 4711'],
    ['a user_version', 'PRAGMA user_version = 1'],
    ['no version', 'DELETE FROM schema_version'],
    ['a version below zero', 'UPDATE schema_version SET version = -1'],
    ['a counter that is no number', 'UPDATE account SET mod_seq = 9223372036854775807'],
    ['a counter that is the least number', 'UPDATE account SET used_bytes = -9223372036854775807'],
  ])('%s', async (_name, sql) => {
    craft(sql)
    expect(await outcome()).toEqual(damaged)
  })

  it('thousands of tables', async () => {
    craft(
      `BEGIN; ${Array.from({ length: 3_000 }, (_, at) => `CREATE TABLE own${at} (a)`).join(';')}; COMMIT`,
    )
    expect(await outcome()).toEqual(damaged)
  })

  it('pages that are overwritten is refused or, when only texts are hit, restored', async () => {
    const good = readFileSync(backup)
    const pages = good.length / 4_096
    const codes = new Set<unknown>()
    for (let page = 0; page < pages; page += Math.ceil(pages / 12)) {
      const bad = Buffer.from(good)
      bad.fill(0xff, page * 4_096 + 100, page * 4_096 + 4_000)
      writeFileSync(backup, bad)
      codes.add((await outcome()).code)
    }
    expect(codes.has('backup.damaged')).toBe(true)
    expect([...codes].filter((code) => code !== 'backup.damaged' && code !== undefined)).toEqual([])
  })
})

describe('a backup that is no file is refused, and nobody waits for it:', () => {
  it('a FIFO', async () => {
    rmSync(backup)
    fifo(backup)
    expect(await outcome()).toEqual(damaged)
  })

  it('a link to a FIFO', async () => {
    fifo(join(outer.path, 'pipe'))
    rmSync(backup)
    symlinkSync(join(outer.path, 'pipe'), backup)
    expect(await outcome()).toEqual(damaged)
  })

  it.each(['-wal', '-shm', '-journal'])('a FIFO as its %s', async (end) => {
    fifo(`${backup}${end}`)
    expect(await outcome()).toEqual(damaged)
  })

  it('a folder', async () => {
    rmSync(backup)
    mkdirSync(backup)
    expect(await outcome()).toEqual(damaged)
  })

  it('a device', async () => {
    backup = '/dev/zero'
    expect(await outcome()).toEqual(damaged)
  })

  it('a sparse file of a gigabyte', async () => {
    rmSync(backup)
    writeFileSync(backup, 'SQLite format 3\0')
    truncateSync(backup, 2 ** 30)
    expect(await outcome()).toEqual(damaged)
  })

  it('a file that has no room, however empty it is', async () => {
    truncateSync(backup, 2 ** 43)
    expect(await outcome()).toEqual({ code: 'store.diskFull', isUntouched: true })
  })
})

it('a link to a backup is a backup', async () => {
  copyFileSync(backup, join(outer.path, 'latest'))
  rmSync(backup)
  symlinkSync(join(outer.path, 'latest'), backup)
  expect(await restoreStore({ dataFolder: folder, from: backup, mayReplace: true })).toMatchObject({
    accounts: 2,
  })
})
