import type { DatabaseSync } from 'node:sqlite'

/** All of it or nothing; a failure is thrown on, with no transaction left open. */
export function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    work()
    db.exec('COMMIT')
  } catch (error) {
    // SQLite has ended it already when there was no room.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
