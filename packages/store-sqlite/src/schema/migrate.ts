import type { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

import { version1 } from './version-1.ts'

/** Forward only; the place in the list is the version. A published one is never changed. */
const migrations: readonly string[] = [version1]

/**
 * Brings the schema to this code's version, each step in a transaction of its own; safe when several processes open the database at once.
 * @throws MailError failed `store.newerSchema`
 */
export function migrate(db: DatabaseSync): void {
  if (versionOf(db) === migrations.length) return
  db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT')
  for (;;) {
    db.exec('BEGIN IMMEDIATE')
    try {
      const version = versionOf(db)
      if (version > migrations.length) throw newer(version)
      const next = migrations[version]
      if (next !== undefined) {
        db.exec(next)
        db.exec('DELETE FROM schema_version')
        db.prepare('INSERT INTO schema_version (version) VALUES (?)').run(version + 1)
      }
      db.exec('COMMIT')
      if (next === undefined) return
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
}

function versionOf(db: DatabaseSync): number {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get()
  if (table === undefined) return 0
  return Number(db.prepare('SELECT max(version) AS version FROM schema_version').get()?.['version'])
}

function newer(version: number): MailError {
  return new MailError(
    'failed',
    'store.newerSchema',
    `the database has version ${version} of the schema, this program knows ${migrations.length}: start a newer program or restore a backup`,
    { fields: { version, known: migrations.length } },
  )
}
