import type { Sql } from '../../sql.ts'
import type { JobContext } from '../job-context.ts'
import type { WriterJob } from '../protocol.ts'
import { type JobResult, statementsPerSlice } from './job-result.ts'

/** In this order: what is left of a table changes no other that comes before it. */
const tables = ['viewer_seen', 'viewer_thread', 'viewer_mailbox'] as const

const rowsPerStep = 256
/** What removing a row from a table and its index costs, in statements. */
const statementsPerRow = 2

/** Removes some of what viewers have left who have no access any more; the last slice forgets them. */
export function purgeViewers(
  { sql }: JobContext,
  job: Extract<WriterJob, { kind: 'purgeViewers' }>,
): () => JobResult {
  const until = sql.spent + statementsPerSlice
  for (const viewer of deletedViewers(sql)) {
    for (const table of tables)
      while (removeSome(sql, table, viewer)) if (sql.spent >= until) return () => ({ next: job })
    sql.run('DELETE FROM deleted_viewer WHERE id = ?', viewer)
  }
  return () => ({ answer: null })
}

/** Viewers of whom something may be left. */
export function deletedViewers(sql: Sql): number[] {
  return sql.all<{ id: number }>('SELECT id FROM deleted_viewer').map(({ id }) => id)
}

/** False when nothing was left. */
function removeSome(sql: Sql, table: (typeof tables)[number], viewer: number): boolean {
  const removed = sql.run(removals[table], viewer, rowsPerStep)
  sql.charge(removed * statementsPerRow)
  return removed > 0
}

const removals = {
  viewer_seen: `DELETE FROM viewer_seen WHERE (account_id, email_id, viewer_id) IN
    (SELECT account_id, email_id, viewer_id FROM viewer_seen INDEXED BY viewer_seen_viewer WHERE viewer_id = ? LIMIT ?)`,
  viewer_thread: `DELETE FROM viewer_thread WHERE (account_id, mailbox_id, thread_id, viewer_id) IN
    (SELECT account_id, mailbox_id, thread_id, viewer_id FROM viewer_thread INDEXED BY viewer_thread_viewer WHERE viewer_id = ? LIMIT ?)`,
  viewer_mailbox: `DELETE FROM viewer_mailbox WHERE (account_id, viewer_id, mailbox_id) IN
    (SELECT account_id, viewer_id, mailbox_id FROM viewer_mailbox INDEXED BY viewer_mailbox_viewer WHERE viewer_id = ? LIMIT ?)`,
} as const
