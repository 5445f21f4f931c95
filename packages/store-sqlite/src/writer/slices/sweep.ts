import type { Sql } from '../../sql.ts'
import { dropExpiredUpload } from '../account-blobs.ts'
import type { JobContext } from '../job-context.ts'
import type { WriterJob } from '../protocol.ts'
import { type JobResult, statementsPerSlice } from './job-result.ts'

/** What a client may have missed and still be told of (RFC 7162 section 5, RFC 8620 section 5.2). */
export interface TombstonePolicy {
  readonly maxTombstones: number
  readonly maxTombstoneAgeMs: number
}
export const defaultTombstonePolicy: TombstonePolicy = {
  maxTombstones: 100_000,
  maxTombstoneAgeMs: 90 * 86_400_000,
}

/** How far the upkeep has come. */
export interface SweepProgress {
  /** Accounts up to here are done. */
  readonly after: number
  /** The account at work, whose tombstones up to `mark` go, and those of mailboxes up to `mailbox` have gone. */
  readonly trimming: {
    readonly account: number
    readonly mark: number
    readonly mailbox: number
  } | null
}

export const sweepBegin: SweepProgress = { after: 0, trimming: null }

export function isSweepBegin({ after, trimming }: SweepProgress): boolean {
  return after === 0 && trimming === null
}

const rowsPerStep = 512
const uploadsPerStep = 64

type Sweep = Extract<WriterJob, { kind: 'sweep' }>

/** Trims tombstones account by account, then drops expired uploads. */
export function sweep(context: JobContext, job: Sweep): () => JobResult {
  const { sql } = context
  const until = sql.spent + statementsPerSlice
  let progress: SweepProgress | undefined = job.progress
  while (progress !== undefined) {
    progress = step(context, job, progress)
    if (progress !== undefined && sql.spent >= until) {
      const next: Sweep = { ...job, progress }
      return () => ({ next })
    }
  }
  const dropped = dropUploads(context)
  const next: Sweep = { ...job, progress: { after: Number.MAX_SAFE_INTEGER, trimming: null } }
  return () => (dropped === uploadsPerStep ? { next } : { answer: null })
}

/** Undefined: all accounts are done. */
function step(
  { sql, now }: JobContext,
  { policy }: Sweep,
  { after, trimming }: SweepProgress,
): SweepProgress | undefined {
  if (trimming !== null) return trimSome(sql, trimming)
  const row = sql.get<{ id: number }>(
    'SELECT id FROM account WHERE id > ? ORDER BY id LIMIT 1',
    after,
  )
  if (row === undefined) return undefined
  const account = row.id
  const before = now - policy.maxTombstoneAgeMs
  const mark = markOf(sql, account, { before, keep: policy.maxTombstones })
  if (mark === 0) return { after: account, trimming: null }
  // What is still there below it is not told any more.
  sql.run(
    'UPDATE account SET trimmed_mod_seq = max(trimmed_mod_seq, ?) WHERE id = ?',
    mark,
    account,
  )
  return { after: account, trimming: { account, mark, mailbox: -1 } }
}

/** The modseq up to which tombstones go; 0 for none. */
function markOf(
  sql: Sql,
  account: number,
  { before, keep }: { readonly before: number; readonly keep: number },
): number {
  const row = sql.get<{ count: number; aged: number | null }>(
    `WITH gone (mod_seq, gone_at) AS (
       SELECT mod_seq, gone_at FROM tombstone WHERE account_id = ?1
       UNION ALL SELECT mod_seq, gone_at FROM expunged WHERE account_id = ?1
       UNION ALL SELECT mod_seq, gone_at FROM record_tombstone WHERE account_id = ?1
     ) SELECT count(*) AS count, max(CASE WHEN gone_at < ?2 THEN mod_seq END) AS aged FROM gone`,
    account,
    before,
  )
  const { count = 0, aged = 0 } = row ?? {}
  sql.charge(count >> 5)
  return Math.max(aged ?? 0, count > keep ? markBeyond(sql, account, keep) : 0)
}

/** That of the newest tombstone that is one too many. */
function markBeyond(sql: Sql, account: number, keep: number): number {
  const row = sql.get<{ mod_seq: number }>(
    `WITH gone (mod_seq) AS (
       SELECT mod_seq FROM tombstone WHERE account_id = ?1
       UNION ALL SELECT mod_seq FROM expunged WHERE account_id = ?1
       UNION ALL SELECT mod_seq FROM record_tombstone WHERE account_id = ?1
     ) SELECT mod_seq FROM gone ORDER BY mod_seq DESC LIMIT 1 OFFSET ?2`,
    account,
    keep,
  )
  return row?.mod_seq ?? 0
}

/** Those of mailboxes first: what was expunged from one that is gone has the mailbox's tombstone. */
function trimSome(sql: Sql, trimming: NonNullable<SweepProgress['trimming']>): SweepProgress {
  const { account, mark, mailbox } = trimming
  const next = sql.get<{ mailbox_id: number }>(
    'SELECT mailbox_id FROM expunged WHERE account_id = ? AND mailbox_id > ? ORDER BY mailbox_id LIMIT 1',
    account,
    mailbox,
  )
  if (next !== undefined) {
    const gone = sql.run(
      `DELETE FROM expunged WHERE account_id = ?1 AND mailbox_id = ?2 AND (mod_seq, uid) IN
         (SELECT mod_seq, uid FROM expunged WHERE account_id = ?1 AND mailbox_id = ?2 AND mod_seq <= ?3 LIMIT ?4)`,
      account,
      next.mailbox_id,
      mark,
      rowsPerStep,
    )
    sql.charge(gone)
    const isDone = gone < rowsPerStep
    return {
      after: account,
      trimming: isDone ? { ...trimming, mailbox: next.mailbox_id } : trimming,
    }
  }
  let gone = sql.run(
    `DELETE FROM record_tombstone WHERE account_id = ?1 AND mod_seq IN
       (SELECT mod_seq FROM record_tombstone WHERE account_id = ?1 AND mod_seq <= ?2 LIMIT ?3)`,
    account,
    mark,
    rowsPerStep,
  )
  for (const kind of [1, 2, 3])
    gone += sql.run(
      `DELETE FROM tombstone WHERE account_id = ?1 AND kind = ?2 AND mod_seq IN
         (SELECT mod_seq FROM tombstone WHERE account_id = ?1 AND kind = ?2 AND mod_seq <= ?3 LIMIT ?4)`,
      account,
      kind,
      mark,
      rowsPerStep,
    )
  sql.charge(gone)
  return { after: account, trimming: gone === 0 ? null : trimming }
}

/** Uploads that have expired and that no email uses; answers how many went. */
function dropUploads(context: JobContext): number {
  const uploads = context.sql.all<{ account_id: number; hash: string }>(
    `SELECT a.account_id, b.hash FROM account_blob a JOIN account o ON o.id = a.account_id JOIN blob b ON b.id = a.blob_id
       WHERE a.email_refs = 0 AND a.expires_at <= ? LIMIT ?`,
    context.now,
    uploadsPerStep,
  )
  for (const { account_id: account, hash } of uploads)
    dropExpiredUpload(context.account(account), hash)
  return uploads.length
}
