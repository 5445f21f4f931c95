import { copyFileSync, existsSync, linkSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

// https://sqlite.org/rescode.html#busy
const sqliteBusy = 5

/**
 * Gives a database a second name, under which it stays when another one takes its first; answers that name. Its WAL is written into it before,
 * or kept beside it when it is too damaged for that.
 * @throws MailError conflict `store.inUse`
 */
export function putAside(database: string, now: number): string {
  const kept = `${database}.before-restore-${new Date(now).toISOString().replaceAll(':', '-')}`
  const hasWal = existsSync(`${database}-wal`)
  // SQLite may throw a WAL away that it can make nothing of.
  if (hasWal) nameToo(`${database}-wal`, `${kept}-wal`)
  try {
    if (settle(database)) rmSync(`${kept}-wal`, { force: true })
  } catch (error) {
    rmSync(`${kept}-wal`, { force: true })
    throw error
  }
  try {
    nameToo(database, kept)
  } catch (error) {
    for (const end of ['', '-wal']) rmSync(`${kept}${end}`, { force: true })
    throw error
  }
  // Left beside the new database, the WAL of the old one would be played into it.
  for (const end of ['-wal', '-shm', '-journal']) rmSync(`${database}${end}`, { force: true })
  return kept
}

function nameToo(path: string, other: string): void {
  try {
    linkSync(path, other)
  } catch {
    // A file system without hard links.
    copyFileSync(path, other)
  }
}

/** One file without a WAL. False when it is too damaged for that. */
function settle(database: string): boolean {
  try {
    const db = new DatabaseSync(database, { timeout: 0 })
    try {
      return db.prepare('PRAGMA journal_mode = DELETE').get()?.['journal_mode'] === 'delete'
    } finally {
      db.close()
    }
  } catch (cause) {
    const isBusy = cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy
    if (!isBusy) return false
    throw new MailError(
      'conflict',
      'store.inUse',
      `another process has ${database} open: end it first`,
      { cause },
    )
  }
}
