import { MailError } from '@gatepost/core'
import { differenceOfUnlike, isUnread } from '@gatepost/store-model'

import type { MailboxRow } from '../mailbox-row.ts'
import type { AccountTx } from './account-tx.ts'

/** What the counters of a mailbox need to know of an email. */
export interface CountedEmail {
  readonly id: number
  readonly thread_id: number
  readonly size: number
  readonly keywords: string
}

export interface MembershipRow {
  readonly uid: number
  readonly email_id: number
  readonly mod_seq: number
  readonly created_mod_seq: number
  readonly is_deleted: number
}

/** Those of the UIDs that are there, ascending. */
export function membershipsAt(
  tx: AccountTx,
  mailbox: number,
  uids: readonly number[],
): MembershipRow[] {
  return tx.sql.all<MembershipRow>(
    `SELECT uid, email_id, mod_seq, created_mod_seq, is_deleted FROM membership
       WHERE account_id = ? AND mailbox_id = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY uid`,
    tx.id,
    mailbox,
    JSON.stringify(uids),
  )
}

// RFC 3501 section 2.3.1.1
const lastUid = 4_294_967_295

/** Puts an email into a mailbox that does not have it; answers its UID. */
export function addMembership(
  tx: AccountTx,
  mailbox: MailboxRow,
  email: CountedEmail & { readonly received_at: number },
  { isDeleted, modSeq }: { readonly isDeleted: boolean; readonly modSeq: number },
): number {
  const uid = mailbox.uid_next
  if (uid >= lastUid)
    throw new MailError('limit', 'mailbox.uidsExhausted', 'The mailbox has no more UIDs')
  mailbox.uid_next = uid + 1
  tx.sql.run(
    `INSERT INTO membership (account_id, mailbox_id, uid, email_id, mod_seq, created_mod_seq, is_deleted, saved_at, received_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tx.id,
    mailbox.id,
    uid,
    email.id,
    modSeq,
    modSeq,
    isDeleted ? 1 : 0,
    tx.now,
    email.received_at,
  )
  mailbox.highest_mod_seq = modSeq
  mailbox.is_selectable = 1
  count(mailbox, email, isDeleted, 1)
  countThread(tx, mailbox, email, 1)
  tx.touch(mailbox, 'counts')
  return uid
}

/** Takes it out, leaving a tombstone. What becomes of the email is the caller's to say. */
export function removeMembership(
  tx: AccountTx,
  mailbox: MailboxRow,
  membership: MembershipRow,
  { email, modSeq }: { readonly email: CountedEmail; readonly modSeq: number },
): void {
  tx.sql.run(
    'DELETE FROM membership WHERE account_id = ? AND mailbox_id = ? AND uid = ?',
    tx.id,
    mailbox.id,
    membership.uid,
  )
  tx.sql.run(
    'INSERT INTO expunged (account_id, mailbox_id, mod_seq, uid, created_mod_seq, gone_at) VALUES (?, ?, ?, ?, ?, ?)',
    tx.id,
    mailbox.id,
    modSeq,
    membership.uid,
    membership.created_mod_seq,
    tx.now,
  )
  mailbox.highest_mod_seq = modSeq
  count(mailbox, email, membership.is_deleted === 1, -1)
  countThread(tx, mailbox, email, -1)
  tx.touch(mailbox, 'counts')
}

/** An email of the mailbox has become read (-1) or unread (1) for the owner. */
export function countUnread(
  tx: AccountTx,
  mailbox: MailboxRow,
  email: CountedEmail,
  change: 1 | -1,
): void {
  mailbox.unread_emails += change
  const row = tx.sql.get<{ unread: number }>(
    `UPDATE mailbox_thread SET unread = unread + ? WHERE account_id = ? AND mailbox_id = ? AND thread_id = ? RETURNING unread`,
    change,
    tx.id,
    mailbox.id,
    email.thread_id,
  )
  if (row?.unread === (change === 1 ? 1 : 0)) mailbox.unread_threads += change
  tx.touch(mailbox, 'counts')
  // For viewers nothing has changed.
  if (tx.viewers !== undefined && row !== undefined)
    tx.viewers.count(
      {
        mailbox: mailbox.id,
        thread: email.thread_id,
        before: row.unread - change,
        after: row.unread,
      },
      { viewers: tx.viewers.all(), step: -change },
    )
}

function count(mailbox: MailboxRow, email: CountedEmail, isDeleted: boolean, change: 1 | -1): void {
  mailbox.total_emails += change
  mailbox.total_bytes += change * email.size
  if (isUnread(email.keywords)) mailbox.unread_emails += change
  if (isDeleted) mailbox.deleted_emails += change
}

function countThread(
  tx: AccountTx,
  mailbox: MailboxRow,
  email: CountedEmail,
  change: 1 | -1,
): void {
  const unread = isUnread(email.keywords) ? change : 0
  const row = tx.sql.get<{ emails: number; unread: number }>(
    `INSERT INTO mailbox_thread (account_id, mailbox_id, thread_id, emails, unread) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET emails = emails + excluded.emails, unread = unread + excluded.unread RETURNING emails, unread`,
    tx.id,
    mailbox.id,
    email.thread_id,
    change,
    unread,
  )
  if (row === undefined) throw new Error('no row returned')
  if (row.emails === (change === 1 ? 1 : 0)) mailbox.total_threads += change
  if (unread !== 0 && row.unread === (change === 1 ? 1 : 0)) mailbox.unread_threads += change
  tx.viewers?.count(
    {
      mailbox: mailbox.id,
      thread: email.thread_id,
      before: row.unread - unread,
      after: row.unread,
    },
    { viewers: tx.viewers.unlike(email.id), step: change * differenceOfUnlike(email.keywords) },
  )
  if (row.emails === 0)
    tx.sql.run(
      'DELETE FROM mailbox_thread WHERE account_id = ? AND mailbox_id = ? AND thread_id = ?',
      tx.id,
      mailbox.id,
      email.thread_id,
    )
}
