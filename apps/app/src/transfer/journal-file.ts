import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { inTransaction } from '@gatepost/store-sqlite'

import { checkRegular } from './regular-file.ts'
import { TransferRefusal } from './transfer-refusal.ts'

export interface JournalContents {
  readonly tables: string
  /** The first run says it, and the others have to be about the same. */
  readonly about: Readonly<Record<string, string>>
  /** Said when they are not. */
  readonly otherwise: string
}

/**
 * The file that says what is done, so that a run can be taken up again: a database, because it is looked up by name and has to survive anything.
 * One run at a time has it.
 * @throws TransferRefusal when another run does, or it is about something else
 */
export function openJournal(path: string, contents: JournalContents): DatabaseSync {
  try {
    checkRegular(path)
  } catch (cause) {
    throw new TransferRefusal(cause instanceof Error ? cause.message : String(cause), { cause })
  }
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 0, defensive: true })
  try {
    // The folder of an export may be somebody else's: nothing that a file of theirs defines is run.
    db.exec('PRAGMA trusted_schema = OFF')
    // Exclusive before WAL: then SQLite needs no shared memory, and nobody else gets in.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = FULL')
    inTransaction(db, () => claim(db, contents))
    return db
  } catch (cause) {
    db.close()
    if (cause instanceof TransferRefusal) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const isLocked = reason.includes('locked')
    throw new TransferRefusal(
      isLocked ? `another run is at work with ${path}` : `${path} cannot be used: ${reason}`,
      { cause },
    )
  }
}

function claim(db: DatabaseSync, { tables, about, otherwise }: JournalContents): void {
  db.exec('CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT')
  db.exec(tables)
  const insert = db.prepare('INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)')
  const find = db.prepare('SELECT value FROM about WHERE name = ?')
  for (const [name, value] of Object.entries(about)) {
    insert.run(name, value)
    if (find.get(name)?.['value'] !== value) throw new TransferRefusal(otherwise)
  }
}
