import { lstatSync, statfsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

import { diskFull } from '../../disk-full.ts'
import { migrate, newerSchema, published } from '../../schema/migrate.ts'
import { quickCheck } from '../quick-check.ts'

type Migrations = readonly string[]

/** More than a schema of ours ever has. */
const maxSchemaRows = 1_000
const maxSchemaText = 100_000
const largestInteger = Number.MAX_SAFE_INTEGER

interface SchemaRow {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

/**
 * Before it is opened: opening a FIFO waits for whoever writes to it, beside a database as well.
 * @throws MailError notFound `backup.notFound`; failed `backup.damaged`; busy `store.diskFull`
 */
export function checkFile(from: string, dataFolder: string): void {
  const found = statSync(from, { throwIfNoEntry: false })
  if (found === undefined) throw new MailError('notFound', 'backup.notFound', `there is no ${from}`)
  if (!found.isFile()) throw damaged(from, 'it is no regular file')
  for (const end of ['-wal', '-shm', '-journal']) {
    const beside = lstatSync(`${from}${end}`, { throwIfNoEntry: false })
    if (beside !== undefined && !beside.isFile())
      throw damaged(from, `${from}${end} is no regular file`)
  }
  const { bavail, bsize } = statfsSync(dataFolder)
  if (found.size > bavail * bsize)
    throw diskFull(dataFolder, new Error(`${from} has ${found.size} bytes`))
}

/**
 * A file that is to become the store may be anybody's. Nothing that it defines is run before its schema is known to be, word for word, what this
 * program makes: no trigger, view, generated column, check or virtual table of its own.
 * @throws MailError failed `backup.damaged`, `store.newerSchema`
 */
export function checkBackup(
  path: string,
  { name, migrations = published }: { readonly name: string; readonly migrations?: Migrations },
): void {
  const db = openUntrusted(path, name)
  try {
    checkHeader(db, name)
    checkSchema(db, name, migrations)
  } catch (cause) {
    throw cause instanceof MailError ? cause : damaged(name, messageOf(cause), cause)
  } finally {
    db.close()
  }
}

/** As `checkBackup`, then every page and what the numbers are that everything hangs on. */
export function checkContent(path: string, options: Parameters<typeof checkBackup>[1]): void {
  checkBackup(path, options)
  const { name } = options
  const db = openUntrusted(path, name)
  try {
    quickCheck(db, name)
    checkCounters(db, name)
  } finally {
    db.close()
  }
}

function openUntrusted(path: string, name: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path, { readOnly: true, defensive: true })
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0')
    return db
  } catch (cause) {
    throw damaged(name, messageOf(cause), cause)
  }
}

function checkHeader(db: DatabaseSync, name: string): void {
  for (const pragma of ['application_id', 'user_version'] as const) {
    const value = db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]
    if (value !== 0) throw damaged(name, `its ${pragma} is ${String(value)}, a store has 0`)
  }
}

function checkSchema(db: DatabaseSync, name: string, migrations: Migrations): void {
  const found = schemaOf(db)
  const expected = expectedSchema([])
  const versionTable = found.get('schema_version')
  if (versionTable === undefined) throw damaged(name, 'it is no backup of a store')
  // A table and nothing else: only then may it be read.
  if (versionTable !== expected.get('schema_version'))
    throw damaged(name, 'its schema_version is none of a store')
  const { version } = db.prepare('SELECT max(version) AS version FROM schema_version').get() ?? {}
  if (typeof version !== 'number' || version < 1)
    throw damaged(name, 'it tells no version of its schema')
  if (version > migrations.length) throw newerSchema(version, migrations.length)
  compare(found, expectedSchema(migrations.slice(0, version)), name)
}

function compare(
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
  name: string,
): void {
  for (const [object, text] of expected)
    if (found.get(object) !== text) throw damaged(name, `its ${object} is not as a store has it`)
  for (const object of found.keys())
    if (!expected.has(object)) throw damaged(name, `a store has no ${object}`)
}

/** What everything is told apart by: numbers that JavaScript has no exact value for would fail each time they are read. */
function checkCounters(db: DatabaseSync, name: string): void {
  const bad = db
    .prepare(
      `SELECT 1 FROM account WHERE max(abs(id), abs(mod_seq), abs(trimmed_mod_seq), abs(last_uid_validity),
         abs(used_bytes), abs(used_emails), abs(quota_bytes), abs(quota_emails)) > ? LIMIT 1`,
    )
    .get(largestInteger / 2)
  if (bad !== undefined) throw damaged(name, 'a counter of an account is out of range')
}

/** By name: type, table and text in one. */
function schemaOf(db: DatabaseSync): Map<string, string> {
  const rows = db
    .prepare('SELECT type, name, tbl_name, substr(sql, 1, ?) AS sql FROM sqlite_schema LIMIT ?')
    .all(maxSchemaText, maxSchemaRows) as unknown as SchemaRow[]
  const schema = new Map<string, string>()
  for (const { type, name, tbl_name: table, sql } of rows) {
    // One of two by the same name, a table and its trigger, would hide the other.
    const key = schema.has(name) ? `second ${name}` : name
    schema.set(key, JSON.stringify([type, table, sql]))
  }
  return schema
}

function expectedSchema(migrations: Migrations): Map<string, string> {
  const db = new DatabaseSync(':memory:')
  try {
    migrate(db, { migrations: migrations.length === 0 ? [''] : migrations })
    return schemaOf(db)
  } finally {
    db.close()
  }
}

function damaged(name: string, reason: string, cause?: unknown): MailError {
  return new MailError('failed', 'backup.damaged', `${name} cannot be used: ${reason}`, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
