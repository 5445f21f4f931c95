import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { type Clock, MailError, systemClock } from '@gatepost/core'

import { migrate, type MigrateOptions } from '../../schema/migrate.ts'
import { lockFolder } from '../../server-lock.ts'
import { copyDatabase, type CopyProgress } from '../copy-database.ts'
import { finishPartial, removeDatabase, startPartial, syncFile } from '../place-file.ts'
import { lockFiles, storeFiles } from '../store-files.ts'
import { beginTimeline, givenSince, type GivenSince } from './begin-timeline.ts'
import { checkBackup, checkContent, checkFile } from './check-backup.ts'
import { giveToOwner } from './give-to-owner.ts'
import { putAside } from './put-aside.ts'

export interface RestoreOptions {
  /** Made with mode 0700 when it is not there. */
  readonly dataFolder: string
  readonly from: string
  /** Whether a store that is there already is put aside for it. */
  readonly mayReplace?: boolean
  readonly clock?: Pick<Clock, 'now'>
  readonly onProgress?: (progress: CopyProgress) => void
  /** For tests. */
  readonly migrations?: MigrateOptions['migrations']
}

export interface RestoreSummary {
  /** Where the store that was there before is now. */
  readonly putAsideAs: string | null
  readonly accounts: number
  readonly emails: number
  /** Messages that waited to go out when the backup was made, and wait again. */
  readonly queued: number
}

/**
 * Puts a backup in the place of the store: all of it or, when it cannot be used, nothing. The backup itself stays as it is.
 * @throws MailError conflict `store.locked`, `store.exists`, `store.inUse`; notFound `backup.notFound`; failed `backup.damaged`, `store.newerSchema`,
 * `restore.failed`
 */
export async function restoreStore(options: RestoreOptions): Promise<RestoreSummary> {
  const { dataFolder, from, mayReplace = false } = options
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  chmodSync(dataFolder, 0o700)
  using resources = new DisposableStack()
  resources.use(lockFolder(dataFolder))
  const { database, textIndex } = storeFiles(dataFolder)
  const isReplacing = existsSync(database)
  if (isReplacing && !mayReplace)
    throw new MailError(
      'conflict',
      'store.exists',
      `there is a store in ${dataFolder} already: --force puts it aside`,
    )
  checkFile(from, dataFolder)
  const checks = {
    name: from,
    ...(options.migrations === undefined ? {} : { migrations: options.migrations }),
  }
  // Early, before much is copied. What counts is the copy, which nobody else can change.
  checkBackup(from, checks)
  const now = (options.clock ?? systemClock).now()
  const partial = startPartial(database)
  try {
    await copyDatabase(from, partial, options.onProgress)
    checkContent(partial, checks)
    const counts = prepare(partial, options, () => givenSince(database, now))
    // On disk before the old one is touched.
    syncFile(partial)
    const putAsideAs = isReplacing ? putAside(database, now) : null
    finishPartial(database)
    giveToOwner(dataFolder, [database, ...lockFiles(dataFolder)])
    removeDatabase(textIndex)
    return { putAsideAs, ...counts }
  } catch (error) {
    removeDatabase(partial)
    throw error instanceof MailError ? error : notRestored(error)
  }
}

function notRestored(cause: unknown): MailError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MailError(
    'failed',
    'restore.failed',
    `the backup could not be put in place, the store is as it was: ${reason}`,
    { cause },
  )
}

function prepare(
  path: string,
  { migrations }: RestoreOptions,
  given: () => GivenSince,
): Omit<RestoreSummary, 'putAsideAs'> {
  const db = new DatabaseSync(path, { defensive: true })
  try {
    db.exec('PRAGMA trusted_schema = OFF')
    migrate(db, { keepsCopy: false, ...(migrations === undefined ? {} : { migrations }) })
    beginTimeline(db, given())
    return {
      accounts: countOf(db, 'account'),
      emails: countOf(db, 'email'),
      queued: countOf(db, 'queue_message'),
    }
  } finally {
    db.close()
  }
}

function countOf(db: DatabaseSync, table: 'account' | 'email' | 'queue_message'): number {
  return Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
}
