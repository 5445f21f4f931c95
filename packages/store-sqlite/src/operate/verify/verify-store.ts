import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

import { diskFull, isDiskFull } from '../../disk-full.ts'
import { currentSchemaVersion, newerSchema, schemaVersionOf } from '../../schema/migrate.ts'
import { Sql } from '../../sql.ts'
import { existingStore } from '../store-files.ts'
import { checkContent } from './checks/check-content.ts'
import { checkKeywords } from './checks/check-keywords.ts'
import { checkMailboxes } from './checks/check-mailboxes.ts'
import { checkPages } from './checks/check-pages.ts'
import { checkRules } from './checks/check-rules.ts'
import { checkSchema } from './checks/check-schema.ts'
import { TextIndexSnapshot } from './checks/check-text-index.ts'
import type { Scope } from './checks/scope.ts'
import { isSqliteError } from './finding.ts'
import { Names } from './names.ts'
import type { Problem } from './problem.ts'
import { type VerifyProgress, VerifyRun } from './verify-run.ts'

export interface VerifyOptions {
  readonly dataFolder: string
  /** Reads every message again and compares what was derived from it. */
  readonly isDeep?: boolean
  readonly onProgress?: (progress: VerifyProgress) => void
}

export interface VerifyReport {
  /** At most 100 of a kind; `counts` has them all. */
  readonly problems: readonly Problem[]
  readonly counts: Readonly<Record<string, number>>
  readonly checked: StoreCounts
}

export interface StoreCounts {
  readonly accounts: number
  readonly mailboxes: number
  readonly emails: number
  readonly blobs: number
  readonly blobBytes: number
}

const busyTimeoutMs = 5_000

/**
 * Looks through the whole store, in one snapshot and without changing it: beside a running server or without one. While it runs, the WAL grows by what
 * is written. What is wrong is answered, a page that cannot be read too.
 * @throws MailError notFound `store.notFound`; failed `store.newerSchema`, `store.olderSchema`; busy `store.diskFull` when there is no room to look
 */
export async function verifyStore(options: VerifyOptions): Promise<VerifyReport> {
  const files = existingStore(options.dataFolder)
  recover(files.database)
  // The index first: it may lag behind the database, and never be ahead of it.
  using index = TextIndexSnapshot.open(files.textIndex)
  const sql = new Sql(
    new DatabaseSync(files.database, { readOnly: true, timeout: busyTimeoutMs, defensive: false }),
  )
  try {
    // A file that was cut off is read as far as it goes; nothing can be written here.
    sql.db.exec('PRAGMA writable_schema = ON')
    sql.db.exec('BEGIN')
    checkVersion(sql.db)
    return await verifySnapshot(sql, index, options)
  } catch (error) {
    // The store may well be sound.
    if (isDiskFull(error)) throw diskFull(files.database, error)
    if (!isSqliteError(error)) throw error
    return unreadable(files.database, error.message)
  } finally {
    sql.close()
  }
}

/** Ends what a killed process was in the middle of, as whoever opens the database next would: a reader alone may not. */
function recover(database: string): void {
  if (!existsSync(`${database}-journal`)) return
  try {
    const db = new DatabaseSync(database, { timeout: busyTimeoutMs })
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    db.close()
  } catch {
    // What is wrong is found, and told, by those who look closer.
  }
}

async function verifySnapshot(
  sql: Sql,
  index: TextIndexSnapshot | undefined,
  { isDeep = false, onProgress = () => undefined }: VerifyOptions,
): Promise<VerifyReport> {
  const scope: Scope = { sql, accounts: accountsOf(sql), isDeep }
  const run = new VerifyRun(new Names(sql), onProgress)
  await run.run('pages', checkSchema, scope)
  await run.run('pages', checkPages, scope)
  await run.run('rules', checkRules, scope)
  await run.run('rules', checkKeywords, scope)
  await run.run('mailboxes', checkMailboxes, scope)
  await run.run('content', checkContent, scope)
  if (index !== undefined) await run.run('searchIndex', (one) => index.check(one), scope)
  run.finish()
  return {
    problems: run.problems,
    counts: Object.fromEntries(run.counts),
    checked: {
      accounts: scope.accounts.length,
      mailboxes: numberOf(sql, 'SELECT count(*) AS n FROM mailbox'),
      emails: numberOf(sql, 'SELECT count(*) AS n FROM email'),
      blobs: numberOf(sql, 'SELECT count(*) AS n FROM blob'),
      blobBytes: numberOf(sql, 'SELECT coalesce(sum(size), 0) AS n FROM blob'),
    },
  }
}

/** From the accounts and, should their table be damaged, from what belongs to them. */
function accountsOf(sql: Sql): number[] {
  const found = new Set<number>()
  for (const text of ['SELECT id FROM account', 'SELECT DISTINCT account_id AS id FROM mailbox'])
    try {
      for (const row of sql.db.prepare(text).iterate()) found.add(Number(row['id']))
      break
    } catch (error) {
      if (!isSqliteError(error)) throw error
    }
  return [...found]
}

function checkVersion(db: DatabaseSync): void {
  const version = schemaVersionOf(db)
  if (version > currentSchemaVersion) throw newerSchema(version)
  if (version < currentSchemaVersion)
    throw new MailError(
      'failed',
      'store.olderSchema',
      `the database has version ${version} of the schema, this program has ${currentSchemaVersion}: start the server once, which brings it up`,
      { fields: { version, known: currentSchemaVersion } },
    )
}

function numberOf(sql: Sql, text: string): number {
  try {
    return sql.get<{ n: number }>(text)?.n ?? 0
  } catch (error) {
    if (isSqliteError(error)) return 0
    throw error
  }
}

function unreadable(path: string, reason: string): VerifyReport {
  const what = 'store.pages'
  const problem: Problem = {
    what,
    where: {},
    expected: 'a database that can be read',
    found: `${path}: ${reason}`,
    affects: [],
    affectedEmails: 0,
  }
  const checked: StoreCounts = { accounts: 0, mailboxes: 0, emails: 0, blobs: 0, blobBytes: 0 }
  return { problems: [problem], counts: { [what]: 1 }, checked }
}
