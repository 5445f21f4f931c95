import type { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

import { keepCopy } from './keep-copy.ts'
import { version1 } from './version-1.ts'
import { version2 } from './version-2.ts'
import { version3 } from './version-3.ts'
import { version4 } from './version-4.ts'
import { version5 } from './version-5.ts'
import { version6 } from './version-6.ts'
import { version7 } from './version-7.ts'
import { version8 } from './version-8.ts'
import { version9 } from './version-9.ts'
import { version10 } from './version-10.ts'
import { version11 } from './version-11.ts'
import { version12 } from './version-12.ts'

/** Forward only; the place in the list is the version. A published one is never changed. */
export const published: readonly string[] = [
  version1,
  version2,
  version3,
  version4,
  version5,
  version6,
  version7,
  version8,
  version9,
  version10,
  version11,
  version12,
]

// https://sqlite.org/rescode.html#busy
const sqliteBusy = 5

export const currentSchemaVersion: number = published.length

export interface MigrateOptions {
  /** For tests: the list that is published, unless said otherwise. */
  readonly migrations?: readonly string[]
  /** Whether a database of an older version is copied first; it is, unless said otherwise. */
  readonly keepsCopy?: boolean
}

/**
 * Brings the schema to this code's version, each step in a transaction of its own; safe when several processes open the database at once.
 * A database of an older version is copied beside itself first, as `<file>.v<version>`. A step that fails leaves everything as it was before it.
 * @throws MailError failed `store.newerSchema`, `store.migrationFailed`; busy `store.busy` while another process migrates
 */
export function migrate(
  db: DatabaseSync,
  { migrations = published, keepsCopy = true }: MigrateOptions = {},
): void {
  if (schemaVersionOf(db) === migrations.length) return
  let isCopied = !keepsCopy
  for (;;) {
    begin(db)
    const from = schemaVersionOf(db)
    try {
      if (from > migrations.length) throw newerSchema(from, migrations.length)
      const next = migrations[from]
      if (next !== undefined) {
        // While the transaction is open nobody else writes: the copy is what the step starts from.
        if (from > 0 && !isCopied) keepCopy(db, from)
        isCopied = true
        step(db, from + 1, next)
      }
      db.exec('COMMIT')
      if (next === undefined) return
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error instanceof MailError ? error : failed(from, error)
    }
  }
}

/** 0: nothing is there yet. */
export function schemaVersionOf(db: DatabaseSync): number {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'").get()
  if (table === undefined) return 0
  return Number(db.prepare('SELECT max(version) AS version FROM schema_version').get()?.['version'])
}

export function newerSchema(version: number, known: number = currentSchemaVersion): MailError {
  return new MailError(
    'failed',
    'store.newerSchema',
    `the database has version ${version} of the schema, this program knows ${known}: start a newer program or restore a backup`,
    { fields: { version, known } },
  )
}

function begin(db: DatabaseSync): void {
  try {
    db.exec('BEGIN IMMEDIATE')
  } catch (cause) {
    const isBusy = cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy
    if (!isBusy) throw cause
    throw new MailError(
      'busy',
      'store.busy',
      'another process writes to the database, perhaps to bring it to a newer version: try again when it has ended',
      { cause },
    )
  }
}

function step(db: DatabaseSync, to: number, sql: string): void {
  db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT')
  db.exec(sql)
  db.exec('DELETE FROM schema_version')
  db.prepare('INSERT INTO schema_version (version) VALUES (?)').run(to)
}

function failed(from: number, cause: unknown): MailError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MailError(
    'failed',
    'store.migrationFailed',
    `the database could not be brought from version ${from} of the schema to ${from + 1}, and is as it was: ${reason}`,
    { cause, fields: { version: from } },
  )
}
