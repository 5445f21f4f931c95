import type { DatabaseSync } from 'node:sqlite'

/** All of it or nothing; a failure is thrown on, with no transaction left open. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has ended it already when there was no room.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
