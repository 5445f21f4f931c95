import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

// https://sqlite.org/rescode.html#busy
const sqliteBusy = 5

/**
 * One server per data folder. The lock is an open exclusive transaction on a database of its own: the kernel lets go of it when the process ends,
 * however it ends. The pid beside it is for the message only.
 * @throws MailError conflict `store.locked`
 */
export function lockFolder(dataFolder: string): Disposable {
  const pidFile = join(dataFolder, 'server.pid')
  const db = new DatabaseSync(join(dataFolder, 'server.lock'), { timeout: 0 })
  try {
    // Nothing is ever written: it needs no room on the disk.
    db.exec('PRAGMA journal_mode = MEMORY')
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    const isHeld = cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy
    if (!isHeld) throw cause
    const pid = readPid(pidFile)
    throw new MailError(
      'conflict',
      'store.locked',
      `another server${pid === undefined ? '' : ` (pid ${pid})`} uses the data folder ${dataFolder}`,
      { cause, fields: pid === undefined ? {} : { pid } },
    )
  }
  writePid(pidFile)
  return { [Symbol.dispose]: () => db.close() }
}

function writePid(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 })
  } catch {
    // A full disk: the lock is held without it.
  }
}

function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim())
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
