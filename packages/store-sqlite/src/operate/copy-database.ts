import { backup, DatabaseSync } from 'node:sqlite'

import { diskFull, isDiskFull } from '../disk-full.ts'

/** Between two steps others have their turn: 4 MiB. */
const pagesPerStep = 1_024
const busyTimeoutMs = 5_000

/** Of a copy, in pages of the database. */
export interface CopyProgress {
  readonly done: number
  readonly total: number
}

/**
 * Copies a database, others reading and writing it all the while, into one file that needs nothing beside it. The open snapshot is what lets it end:
 * without one, SQLite begins anew whenever somebody has written.
 * @throws MailError busy `store.diskFull` when there is no room to read
 */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress: (progress: CopyProgress) => void = () => undefined,
): Promise<void> {
  const source = new DatabaseSync(from, {
    readOnly: true,
    defensive: true,
    timeout: busyTimeoutMs,
  })
  try {
    beginSnapshot(source, from)
    const pages = await backup(source, to, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) =>
        onProgress({ done: totalPages - remainingPages, total: totalPages }),
    })
    onProgress({ done: pages, total: pages })
  } finally {
    source.close()
  }
  const copy = new DatabaseSync(to, { defensive: true })
  try {
    copy.exec('PRAGMA journal_mode = DELETE')
  } finally {
    copy.close()
  }
}

function beginSnapshot(source: DatabaseSync, path: string): void {
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
  } catch (error) {
    throw isDiskFull(error) ? diskFull(path, error) : error
  }
}
