import { emailNotFound } from '@gatepost/store-model'

import type { MailboxRow } from '../mailbox-row.ts'
import { addEmailRef, dropEmailRef } from './account-blobs.ts'
import type { AccountTx } from './account-tx.ts'
import type { StoredBlob } from './blobs.ts'
import { type CountedEmail, type MembershipRow, removeMembership } from './memberships.ts'
import { leaveThread } from './threads.ts'

export interface EmailRow extends CountedEmail {
  readonly mod_seq: number
  readonly blob_id: number
  readonly hash: string
  readonly received_at: number
  readonly sent_at: number | null
  readonly sent_day: number | null
  readonly has_attachment: number
  readonly zone_minutes: number
  readonly copy_of: number
}

export const emailColumns =
  'id, mod_seq, blob_id, hash, thread_id, size, received_at, sent_at, sent_day, has_attachment, keywords, zone_minutes, copy_of'

function findEmail(tx: AccountTx, id: number): EmailRow | undefined {
  return tx.sql.get<EmailRow>(
    `SELECT ${emailColumns} FROM email WHERE account_id = ? AND id = ?`,
    tx.id,
    id,
  )
}

/** @throws MailError notFound `email.notFound` */
export function getEmail(tx: AccountTx, id: number): EmailRow {
  const row = findEmail(tx, id)
  if (row === undefined) throw emailNotFound()
  return row
}

/** A new email over a blob, in a thread that counts it already; in no mailbox yet. */
export function insertEmail(
  tx: AccountTx,
  blob: StoredBlob,
  email: Omit<EmailRow, 'id' | 'mod_seq' | 'blob_id' | 'hash' | 'size'>,
): EmailRow {
  const id = tx.nextModSeq()
  addEmailRef(tx, blob, blob.isNew)
  tx.countEmails(1)
  tx.sql.run(
    `INSERT INTO email (account_id, ${emailColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tx.id,
    id,
    id,
    blob.id,
    blob.hash,
    email.thread_id,
    blob.size,
    email.received_at,
    email.sent_at,
    email.sent_day,
    email.has_attachment,
    email.keywords,
    email.zone_minutes,
    email.copy_of,
  )
  return { ...email, id, mod_seq: id, blob_id: blob.id, hash: blob.hash, size: blob.size }
}

/** The email's mailboxes have changed. */
export function markEmail(tx: AccountTx, email: number, modSeq: number): void {
  tx.sql.run('UPDATE email SET mod_seq = ? WHERE account_id = ? AND id = ?', modSeq, tx.id, email)
}

export interface EmailMembershipRow extends MembershipRow {
  readonly mailbox_id: number
}

export function membershipsOf(tx: AccountTx, email: number): EmailMembershipRow[] {
  return tx.sql.all<EmailMembershipRow>(
    `SELECT mailbox_id, uid, email_id, mod_seq, created_mod_seq, is_deleted FROM membership INDEXED BY membership_email
       WHERE account_id = ? AND email_id = ? ORDER BY mailbox_id`,
    tx.id,
    email,
  )
}

export function isInMailbox(tx: AccountTx, email: number, mailbox: number): boolean {
  const row = tx.sql.get(
    'SELECT 1 FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ? AND mailbox_id = ?',
    tx.id,
    email,
    mailbox,
  )
  return row !== undefined
}

/** Takes an email out of one mailbox; out of its last one destroys it. */
export function takeOut(tx: AccountTx, mailbox: MailboxRow, membership: MembershipRow): void {
  const email = getEmail(tx, membership.email_id)
  const modSeq = tx.nextModSeq()
  removeMembership(tx, mailbox, membership, { email, modSeq })
  const isElsewhere =
    tx.sql.get(
      'SELECT 1 FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ? LIMIT 1',
      tx.id,
      email.id,
    ) !== undefined
  if (isElsewhere) markEmail(tx, email.id, modSeq)
  else buryEmail(tx, email, modSeq)
}

export function destroy(tx: AccountTx, email: EmailRow): void {
  const modSeq = tx.nextModSeq()
  for (const membership of membershipsOf(tx, email.id))
    removeMembership(tx, tx.mailbox(membership.mailbox_id), membership, { email, modSeq })
  buryEmail(tx, email, modSeq)
}

function buryEmail(tx: AccountTx, email: EmailRow, modSeq: number): void {
  tx.sql.run('DELETE FROM email WHERE account_id = ? AND id = ?', tx.id, email.id)
  tx.viewers?.forgetEmail(email.id)
  tx.bury('email', email.id, modSeq)
  dropEmailRef(tx, email.hash)
  tx.countEmails(-1)
  leaveThread(tx, email.thread_id)
}
