import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { TransferRefusal } from './transfer-refusal.ts'

/**
 * The file that says what is done, so that a run can be taken up again: a database, because it is looked up by name and has to survive anything.
 * One run at a time has it.
 * @throws TransferRefusal when another run does
 */
export function openJournal(path: string, tables: string): DatabaseSync {
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    // Exclusive before WAL: then SQLite needs no shared memory, and nobody else gets in.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = FULL')
    db.exec('BEGIN EXCLUSIVE')
    db.exec('CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT')
    db.exec(tables)
    db.exec('COMMIT')
    return db
  } catch (cause) {
    db.close()
    const reason = cause instanceof Error ? cause.message : String(cause)
    const isLocked = reason.includes('locked')
    throw new TransferRefusal(
      isLocked ? `another run is at work with ${path}` : `${path} can not be used: ${reason}`,
      { cause },
    )
  }
}

/** What the journal is about; the first run says it, and the others have to be about the same. */
export function claimJournal(db: DatabaseSync, about: Readonly<Record<string, string>>): boolean {
  const insert = db.prepare('INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)')
  const find = db.prepare('SELECT value FROM about WHERE name = ?')
  return Object.entries(about).every(([name, value]) => {
    insert.run(name, value)
    return find.get(name)?.['value'] === value
  })
}
