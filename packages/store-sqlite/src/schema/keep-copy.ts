import { DatabaseSync } from 'node:sqlite'

import { placeFile } from '../operate/place-file.ts'

/** Waiting for a reader's lock: in WAL mode there is none. */
const busyTimeoutMs = 5_000

/**
 * Copies the last committed state beside the database, as `<file>.v<version>`; a copy of an earlier try gives way. None of a database in memory.
 * `VACUUM INTO` through a connection of its own: it can run while this one holds its transaction.
 */
export function keepCopy(db: DatabaseSync, version: number): void {
  const path = db.location()
  if (path === null) return
  placeFile(`${path}.v${version}`, (partial) => {
    const reader = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
    try {
      reader.prepare('VACUUM INTO ?').run(partial)
    } finally {
      reader.close()
    }
  })
}
