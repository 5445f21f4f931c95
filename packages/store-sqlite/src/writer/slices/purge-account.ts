import type { Sql } from '../../sql.ts'
import { dropBlobRef } from '../blobs.ts'
import type { JobContext } from '../job-context.ts'
import type { WriterJob } from '../protocol.ts'
import { type JobResult, statementsPerSlice } from './job-result.ts'

/** What goes with an account, and what follows the account's id in the key of each. */
const keysOfAccount = {
  alias: 'address',
  access: 'mailbox_id, principal_id',
  mailbox: 'id',
  email: 'id',
  membership: 'mailbox_id, uid',
  thread: 'id',
  thread_key: 'key',
  mailbox_thread: 'mailbox_id, thread_id',
  tombstone: 'kind, mod_seq',
  expunged: 'mailbox_id, mod_seq, uid',
  account_blob: 'blob_id',
  keyword: 'id',
  record: 'type, id',
  record_tombstone: 'mod_seq',
  unfinished_copy: 'id',
  viewer: 'id',
  viewer_seen: 'email_id, viewer_id',
  viewer_mailbox: 'viewer_id, mailbox_id',
  viewer_thread: 'mailbox_id, thread_id, viewer_id',
} as const
type TableOfAccount = keyof typeof keysOfAccount

export const tablesOfAccount: readonly TableOfAccount[] = Object.keys(
  keysOfAccount,
) as TableOfAccount[]

const rowsPerStep = 256
/** What removing a row from a table and its indexes costs, in statements. */
const statementsPerRow = 2

/** Removes some of what a deleted account has left; the last slice forgets the account. */
export function purgeAccount(
  { sql }: JobContext,
  job: Extract<WriterJob, { kind: 'purgeAccount' }>,
): () => JobResult {
  const until = sql.spent + statementsPerSlice
  for (const table of tablesOfAccount)
    while (removeSome(sql, table, job.account)) if (sql.spent >= until) return () => ({ next: job })
  sql.run('DELETE FROM deleted_account WHERE id = ?', job.account)
  // Its principal may have been a viewer of others.
  return () => ({ next: { kind: 'purgeViewers' } })
}

/** Accounts of which something may be left: of a process that ended in between. */
export function deletedAccounts(sql: Sql): number[] {
  return sql.all<{ id: number }>('SELECT id FROM deleted_account').map(({ id }) => id)
}

/** False when nothing was left. */
function removeSome(sql: Sql, table: TableOfAccount, account: number): boolean {
  if (table === 'account_blob') dropSomeBlobs(sql, account)
  const keys = keysOfAccount[table]
  const removed = sql.run(
    `DELETE FROM ${table} WHERE account_id = ?1 AND (${keys}) IN (SELECT ${keys} FROM ${table} WHERE account_id = ?1 ORDER BY ${keys} LIMIT ?2)`,
    account,
    rowsPerStep,
  )
  sql.charge(removed * statementsPerRow)
  return removed > 0
}

function dropSomeBlobs(sql: Sql, account: number): void {
  const blobs = sql.all<{ blob_id: number }>(
    'SELECT blob_id FROM account_blob WHERE account_id = ? ORDER BY blob_id LIMIT ?',
    account,
    rowsPerStep,
  )
  for (const { blob_id: blob } of blobs) dropBlobRef(sql, blob)
}
