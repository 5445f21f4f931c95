import type { Sql } from '../sql.ts'
import { dropExpiredUpload } from './account-blobs.ts'
import type { AccountTx } from './account-tx.ts'
import type { JobContext } from './job-context.ts'

/** What a client may have missed and still be told of (RFC 7162 section 5, RFC 8620 section 5.2). */
export interface TombstonePolicy {
  readonly maxTombstones: number
  readonly maxTombstoneAgeMs: number
}
export const defaultTombstonePolicy: TombstonePolicy = {
  maxTombstones: 100_000,
  maxTombstoneAgeMs: 90 * 86_400_000,
}

/** Uploads dropped in one transaction. */
const sweepLimit = 1_000

/** Trims tombstones and drops expired uploads. */
export function maintain(context: JobContext, policy: TombstonePolicy): null {
  const { sql, now } = context
  for (const { id } of sql.all<{ id: number }>('SELECT id FROM account'))
    trim(sql, id, { before: now - policy.maxTombstoneAgeMs, keep: policy.maxTombstones })
  const uploads = sql.all<{ account_id: number; hash: string }>(
    `SELECT a.account_id, b.hash FROM account_blob a JOIN blob b ON b.id = a.blob_id
       WHERE a.email_refs = 0 AND a.expires_at <= ? LIMIT ?`,
    now,
    sweepLimit,
  )
  for (const { account_id: account, hash } of uploads) {
    const tx: AccountTx = context.account(account)
    dropExpiredUpload(tx, hash)
  }
  return null
}

function trim(
  sql: Sql,
  account: number,
  { before, keep }: { readonly before: number; readonly keep: number },
): void {
  const mark = sql.get<{ mark: number | null }>(
    `WITH gone (mod_seq, gone_at) AS (
       SELECT mod_seq, gone_at FROM tombstone WHERE account_id = ?1
       UNION ALL SELECT mod_seq, gone_at FROM expunged WHERE account_id = ?1
     ) SELECT max(
         coalesce((SELECT max(mod_seq) FROM gone WHERE gone_at < ?2), 0),
         coalesce((SELECT mod_seq FROM gone ORDER BY mod_seq DESC LIMIT 1 OFFSET ?3), 0)
       ) AS mark`,
    account,
    before,
    keep,
  )?.mark
  if (mark === null || mark === undefined || mark === 0) return
  sql.run('DELETE FROM tombstone WHERE account_id = ? AND mod_seq <= ?', account, mark)
  sql.run('DELETE FROM expunged WHERE account_id = ? AND mod_seq <= ?', account, mark)
  sql.run(
    'UPDATE account SET trimmed_mod_seq = max(trimmed_mod_seq, ?) WHERE id = ?',
    mark,
    account,
  )
}
