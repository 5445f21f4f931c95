import type { PrincipalId } from '@gatepost/core'
import { accountNotFound, keyOf } from '@gatepost/store-model'

import { type Statements, statements } from '../../database/statement.ts'
import type { ViewerMailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { ActingViewer } from './acting-viewer.ts'
import type { ViewerSeenRow } from './viewer-seen.ts'
import type { ViewerThreadRow } from './viewer-threads.ts'

const threadColumns = 'thread_id, mailbox_id, viewer_id, unread'

export const viewerLoads: Statements<
  'acting' | 'all' | 'mailboxes' | 'seen' | 'threads' | 'threadsWithKeys'
> = statements('viewers', {
  acting: `SELECT id FROM viewer WHERE account_id = $1 AND principal_id = $2`,
  all: `SELECT id FROM viewer WHERE account_id = $1`,
  mailboxes: `SELECT mailbox_id, is_subscribed, unread_emails, unread_threads FROM viewer_mailbox WHERE account_id = $1 AND viewer_id = $2`,
  seen: `SELECT email_id, viewer_id FROM viewer_seen WHERE account_id = $1 AND email_id = ANY($2::bigint[])`,
  threads: `SELECT ${threadColumns} FROM viewer_thread WHERE account_id = $1 AND thread_id IN
      (SELECT thread_id FROM email WHERE account_id = $1 AND id = ANY($2::bigint[]))`,
  threadsWithKeys: `SELECT ${threadColumns} FROM viewer_thread WHERE account_id = $1 AND thread_id IN
      (SELECT thread_id FROM thread_key WHERE account_id = $1 AND key = ANY($2::bytea[]))`,
})

/** The ops are those of a viewer. @throws MailError notFound `account.notFound`: it is not shared with them */
export async function actAs(tx: AccountTx, principal: PrincipalId): Promise<void> {
  const [row] = await tx.connection.rows<{ id: number }>(
    viewerLoads.acting,
    tx.id,
    keyOf('p', principal),
  )
  if (row === undefined || tx.viewers === undefined) throw accountNotFound()
  tx.viewer = new ActingViewer(row.id, tx.viewers)
}

/** Where the account has viewers. */
async function loadViewers(tx: AccountTx): Promise<void> {
  const { viewers, connection } = tx
  if (viewers === undefined || viewers.ids !== undefined) return
  const rows = await connection.rows<{ id: number }>(viewerLoads.all, tx.id)
  viewers.ids = rows.map(({ id }) => id)
}

/** What the viewer who acts has in mailboxes. */
export async function loadViewerMailboxes(tx: AccountTx): Promise<void> {
  const { viewer, connection } = tx
  await loadViewers(tx)
  if (viewer === undefined || viewer.mailboxes !== undefined) return
  const rows = await connection.rows<ViewerMailboxRow>(viewerLoads.mailboxes, tx.id, viewer.id)
  viewer.mailboxes = new Map(rows.map((row) => [row.mailbox_id, row]))
}

/** What viewers have of these emails, which were not known, and of their threads. */
export async function loadViewersOf(tx: AccountTx, emails: readonly number[]): Promise<void> {
  const { viewers, connection } = tx
  if (viewers === undefined) return
  const [seen, threads] = await Promise.all([
    connection.rows<ViewerSeenRow>(viewerLoads.seen, tx.id, emails),
    connection.rows<ViewerThreadRow>(viewerLoads.threads, tx.id, emails),
    loadViewers(tx),
  ])
  viewers.seen.load(seen)
  viewers.threads.load(threads, new Set(threads.map((row) => row.thread_id)))
}

/** What viewers have of threads that messages can join. */
export async function loadViewersWithKeys(
  tx: AccountTx,
  keys: readonly Uint8Array[],
): Promise<void> {
  const { viewers, connection } = tx
  if (viewers === undefined) return
  const threads = await connection.rows<ViewerThreadRow>(viewerLoads.threadsWithKeys, tx.id, keys)
  viewers.threads.load(threads, new Set(threads.map((row) => row.thread_id)))
}
