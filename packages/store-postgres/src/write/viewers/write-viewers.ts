import { type Statements, statements } from '../../database/statement.ts'
import { viewerThreadTable } from '../account-tables.ts'
import type { AccountTx } from '../account-tx.ts'

export const viewerWrites: Statements<
  'seen' | 'unseen' | 'mailboxes' | 'subscriptions' | 'forgetMailboxes'
> = statements('viewerWrites', {
  seen: `INSERT INTO viewer_seen (account_id, email_id, viewer_id) SELECT $1, rows.* FROM unnest($2::bigint[], $3::bigint[]) AS rows`,
  unseen: `DELETE FROM viewer_seen USING unnest($2::bigint[], $3::bigint[]) AS gone (email_id, viewer_id)
      WHERE viewer_seen.account_id = $1 AND viewer_seen.email_id = gone.email_id AND viewer_seen.viewer_id = gone.viewer_id`,
  mailboxes: `INSERT INTO viewer_mailbox AS had (account_id, is_subscribed, viewer_id, mailbox_id, unread_emails, unread_threads)
      SELECT $1, false, rows.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS rows
      ON CONFLICT (account_id, viewer_id, mailbox_id) DO UPDATE
      SET unread_emails = had.unread_emails + excluded.unread_emails, unread_threads = had.unread_threads + excluded.unread_threads`,
  subscriptions: `INSERT INTO viewer_mailbox (account_id, viewer_id, unread_emails, unread_threads, mailbox_id, is_subscribed)
      SELECT $1, $2, 0, 0, rows.* FROM unnest($3::bigint[], $4::boolean[]) AS rows
      ON CONFLICT (account_id, viewer_id, mailbox_id) DO UPDATE SET is_subscribed = excluded.is_subscribed`,
  forgetMailboxes: `DELETE FROM viewer_mailbox WHERE account_id = $1 AND viewer_id = ANY($2::bigint[]) AND mailbox_id = ANY($3::bigint[])`,
})

/** What has been changed so far of emails and threads. */
export function writeViewers({ viewers, connection, id }: AccountTx): Promise<unknown>[] {
  if (viewers === undefined) return []
  const written: Promise<unknown>[] = []
  const { added, gone } = viewers.seen.take()
  for (const [statement, rows] of [
    [viewerWrites.unseen, gone],
    [viewerWrites.seen, added],
  ] as const)
    if (rows.length > 0)
      written.push(
        connection.rows(
          statement,
          id,
          rows.map((row) => row.email_id),
          rows.map((row) => row.viewer_id),
        ),
      )
  const threads = viewers.threads.take()
  const none = threads.filter(({ unread }) => unread === 0)
  const some = threads.filter(({ unread }) => unread !== 0)
  const { remove, write } = viewerThreadTable
  if (none.length > 0)
    written.push(connection.rows(remove, id, ...viewerThreadTable.keyParameters(none)))
  if (some.length > 0)
    written.push(connection.rows(write, id, ...viewerThreadTable.parameters(some)))
  return written
}

/** The counters of mailboxes and subscriptions: at the end of the transaction. */
export function finishViewers({ viewers, viewer, connection, id }: AccountTx): Promise<unknown>[] {
  if (viewers === undefined) return []
  const written: Promise<unknown>[] = []
  const { changed, gone } = viewers.mailboxes()
  if (changed.length > 0)
    written.push(
      connection.rows(
        viewerWrites.mailboxes,
        id,
        changed.map((row) => row.viewer_id),
        changed.map((row) => row.mailbox_id),
        changed.map((row) => row.unread_emails),
        changed.map((row) => row.unread_threads),
      ),
    )
  if (viewer !== undefined && viewer.subscriptions.size > 0)
    written.push(
      connection.rows(
        viewerWrites.subscriptions,
        id,
        viewer.id,
        [...viewer.subscriptions.keys()],
        [...viewer.subscriptions.values()],
      ),
    )
  if (gone.length > 0)
    written.push(connection.rows(viewerWrites.forgetMailboxes, id, viewers.all(), gone))
  return written
}
