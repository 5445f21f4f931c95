import { DatabaseSync } from 'node:sqlite'

import { diskFull, isDiskFull } from './disk-full.ts'

/** Waiting for another process's transaction: the command line beside a server. */
const busyTimeoutMs = 5_000

export type DatabaseUse = 'write' | 'read'

/**
 * A connection in WAL mode; a commit returns when it is on disk.
 * @throws MailError busy `store.diskFull`
 */
export function openDatabase(path: string, use: DatabaseUse): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs })
  try {
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = FULL')
    db.exec('PRAGMA temp_store = MEMORY')
    db.exec(`PRAGMA cache_size = ${use === 'write' ? -32_000 : -16_000}`)
    db.exec('PRAGMA journal_size_limit = 67108864')
    // `Wal` says when: no commit waits for a checkpoint.
    if (use === 'write') db.exec('PRAGMA wal_autocheckpoint = 0')
    else db.exec('PRAGMA query_only = 1')
    return db
  } catch (error) {
    db.close()
    throw isDiskFull(error) ? diskFull(path, error) : error
  }
}
