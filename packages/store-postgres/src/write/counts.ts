import { MailError } from '@gatepost/core'
import { differenceOfUnlike, isUnread } from '@gatepost/store-model'

import type { MailboxRow } from '../mailbox-row.ts'
import type { AccountTx } from './account-tx.ts'
import type { EmailRow, MailboxThreadRow, MembershipRow } from './rows.ts'

// RFC 3501 section 2.3.1.1
const lastUid = 4_294_967_295

/** Puts an email into a mailbox that does not have it; answers its UID. */
export function addMembership(
  tx: AccountTx,
  mailbox: MailboxRow,
  email: EmailRow,
  { isDeleted, modSeq }: { readonly isDeleted: boolean; readonly modSeq: number },
): number {
  const uid = mailbox.uid_next
  if (uid >= lastUid)
    throw new MailError('limit', 'mailbox.uidsExhausted', 'The mailbox has no more UIDs')
  mailbox.uid_next = uid + 1
  tx.memberships.add({
    mailbox_id: mailbox.id,
    uid,
    email_id: email.id,
    mod_seq: modSeq,
    created_mod_seq: modSeq,
    is_deleted: isDeleted,
    saved_at: tx.now,
  })
  mailbox.highest_mod_seq = modSeq
  mailbox.is_selectable = true
  count(mailbox, email, isDeleted, 1)
  countThread(tx, mailbox, email, 1)
  tx.touch(mailbox, 'counts')
  return uid
}

/** Takes it out, leaving a tombstone. What becomes of the email is the caller's to say. */
export function removeMembership(
  tx: AccountTx,
  membership: MembershipRow,
  email: EmailRow,
  modSeq: number,
): void {
  const mailbox = tx.mailbox(membership.mailbox_id)
  tx.memberships.delete(membership)
  tx.additions.expunged.push({
    mailbox_id: mailbox.id,
    mod_seq: modSeq,
    uid: membership.uid,
    created_mod_seq: membership.created_mod_seq,
  })
  mailbox.highest_mod_seq = modSeq
  count(mailbox, email, membership.is_deleted, -1)
  countThread(tx, mailbox, email, -1)
  tx.touch(mailbox, 'counts')
}

/** An email of the mailbox has become read (-1) or unread (1) for the owner. */
export function countUnread(
  tx: AccountTx,
  mailbox: MailboxRow,
  email: EmailRow,
  change: 1 | -1,
): void {
  const row = threadIn(tx, mailbox, email)
  mailbox.unread_emails += change
  row.unread += change
  if (row.unread === (change === 1 ? 1 : 0)) mailbox.unread_threads += change
  tx.mailboxThreads.touch(row)
  tx.touch(mailbox, 'counts')
  // For viewers nothing has changed.
  const thread = { mailbox: mailbox.id, thread: email.thread_id }
  tx.viewers?.count(
    { ...thread, before: row.unread - change, after: row.unread },
    { viewers: tx.viewers.all(), step: -change },
  )
}

/** Of the owner's, in the thread of an email in a mailbox. */
export function unreadOfThread(tx: AccountTx, mailbox: number, email: EmailRow): number {
  return tx.mailboxThreads.get(`${email.thread_id}/${mailbox}`)?.unread ?? 0
}

function count(mailbox: MailboxRow, email: EmailRow, isDeleted: boolean, change: 1 | -1): void {
  mailbox.total_emails += change
  mailbox.total_bytes += change * email.size
  if (isUnread(email.keywords)) mailbox.unread_emails += change
  if (isDeleted) mailbox.deleted_emails += change
}

function countThread(tx: AccountTx, mailbox: MailboxRow, email: EmailRow, change: 1 | -1): void {
  const row = threadIn(tx, mailbox, email)
  const unread = isUnread(email.keywords) ? change : 0
  row.emails += change
  row.unread += unread
  const edge = change === 1 ? 1 : 0
  if (row.emails === edge) mailbox.total_threads += change
  if (unread !== 0 && row.unread === edge) mailbox.unread_threads += change
  if (row.emails === 0) tx.mailboxThreads.delete(row)
  else tx.mailboxThreads.touch(row)
  const thread = { mailbox: mailbox.id, thread: email.thread_id }
  tx.viewers?.count(
    { ...thread, before: row.unread - unread, after: row.unread },
    {
      viewers: tx.viewers.seen.of(email.id),
      step: change * differenceOfUnlike(email.keywords),
    },
  )
}

/** The thread's counters in the mailbox; new ones when it has none of it yet. */
function threadIn(tx: AccountTx, mailbox: MailboxRow, email: EmailRow): MailboxThreadRow {
  const known = tx.mailboxThreads.get(`${email.thread_id}/${mailbox.id}`)
  if (known !== undefined) return known
  const row = { thread_id: email.thread_id, mailbox_id: mailbox.id, emails: 0, unread: 0 }
  tx.mailboxThreads.add(row)
  return row
}
