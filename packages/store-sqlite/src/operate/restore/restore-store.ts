import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { type Clock, MailError, systemClock } from '@gatepost/core'

import {
  currentSchemaVersion,
  migrate,
  type MigrateOptions,
  newerSchema,
  schemaVersionOf,
} from '../../schema/migrate.ts'
import { lockFolder } from '../../server-lock.ts'
import { copyDatabase, type CopyProgress } from '../copy-database.ts'
import { finishPartial, removeDatabase, startPartial, syncFile } from '../place-file.ts'
import { quickCheck } from '../quick-check.ts'
import { lockFiles, storeFiles } from '../store-files.ts'
import { beginTimeline, givenSince, type GivenSince } from './begin-timeline.ts'
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
 * Puts a backup in the place of the store: all of it or, when it can not be used, nothing. The backup itself stays as it is.
 * @throws MailError conflict `store.locked`, `store.exists`, `store.inUse`; notFound `backup.notFound`; failed `backup.damaged`, `store.newerSchema`,
 * `restore.failed`
 */
export async function restoreStore(options: RestoreOptions): Promise<RestoreSummary> {
  const { dataFolder, from, mayReplace = false } = options
  if (!existsSync(from)) throw new MailError('notFound', 'backup.notFound', `there is no ${from}`)
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
  checkBackup(options)
  const now = (options.clock ?? systemClock).now()
  const partial = startPartial(database)
  try {
    await copyDatabase(from, partial, options.onProgress)
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

/** Says early what is no backup, or one of a newer program. */
function checkBackup({ from, migrations }: RestoreOptions): void {
  const known = migrations?.length ?? currentSchemaVersion
  const version = versionOf(from)
  if (version > known) throw newerSchema(version, known)
  if (version === 0)
    throw new MailError('failed', 'backup.damaged', `${from} is no backup of a store`)
}

function versionOf(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return schemaVersionOf(db)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MailError('failed', 'backup.damaged', `${path} can not be read: ${reason}`, { cause })
  } finally {
    db.close()
  }
}

function prepare(
  path: string,
  { from, migrations }: RestoreOptions,
  given: () => GivenSince,
): Omit<RestoreSummary, 'putAsideAs'> {
  const db = new DatabaseSync(path)
  try {
    quickCheck(db, from)
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
