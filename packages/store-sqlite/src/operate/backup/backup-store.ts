import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

import { copyDatabase, type CopyProgress } from '../copy-database.ts'
import { finishPartial, removeDatabase, startPartial } from '../place-file.ts'
import { quickCheck } from '../quick-check.ts'
import { existingStore } from '../store-files.ts'

export interface BackupOptions {
  readonly dataFolder: string
  readonly to: string
  /** Whether a file that is there already gives way, once the new one is complete. */
  readonly mayReplace?: boolean
  readonly onProgress?: (progress: CopyProgress) => void
}

export interface BackupSummary {
  readonly bytes: number
  readonly accounts: number
  readonly emails: number
}

/**
 * Copies the store as it is at one moment into one file, while others read and write it. The file is for its owner alone, on disk and looked through
 * before it takes its name. Everything is in it: mail, hashes of passwords, the queue.
 * @throws MailError notFound `store.notFound`; conflict `backup.exists`; failed `backup.damaged`, `backup.notWritten`
 */
export async function backupStore(options: BackupOptions): Promise<BackupSummary> {
  const { database } = existingStore(options.dataFolder)
  checkTarget(options)
  const partial = writing(options.to, () => startPartial(options.to))
  try {
    await copyDatabase(database, partial, options.onProgress)
    const summary = checkedSummary(partial, options.to)
    checkTarget(options)
    finishPartial(options.to)
    return summary
  } catch (error) {
    removeDatabase(partial)
    throw error instanceof MailError ? error : notWritten(options.to, error)
  }
}

function checkTarget({ to, dataFolder, mayReplace = false }: BackupOptions): void {
  const folder = writing(to, () => realpathSync(dirname(to)))
  const isOurs =
    folder === realpathSync(dataFolder) &&
    /^(?:gatepost|search)\.sqlite|^server\./.test(basename(to))
  if (isOurs) throw new MailError('conflict', 'backup.exists', `${to} is part of the store itself`)
  if (existsSync(join(folder, basename(to))) && !mayReplace)
    throw new MailError('conflict', 'backup.exists', `${to} exists: --force replaces it`)
}

function checkedSummary(path: string, name: string): BackupSummary {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    quickCheck(db, `the copy for ${name}`)
    return {
      bytes: statSync(path).size,
      accounts: countOf(db, 'account'),
      emails: countOf(db, 'email'),
    }
  } finally {
    db.close()
  }
}

function countOf(db: DatabaseSync, table: 'account' | 'email'): number {
  return Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
}

function writing<T>(to: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw notWritten(to, error)
  }
}

function notWritten(to: string, cause: unknown): MailError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MailError('failed', 'backup.notWritten', `cannot write ${to}: ${reason}`, { cause })
}
