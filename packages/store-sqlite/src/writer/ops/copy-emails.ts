import type { CopiedEmails, MailOp } from '@gatepost/core'
import { keyOf, uid } from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { type EmailRow, getEmail, insertEmail, isInMailbox, markEmail, takeOut } from '../emails.ts'
import {
  addMembership,
  type MembershipRow,
  membershipsAt,
  removeMembership,
} from '../memberships.ts'
import { addToThread } from '../threads.ts'
import { maxMailboxesPerEmail } from './add-email.ts'

type CopyOrMove = Extract<MailOp, { op: 'copy' | 'move' }>

/** RFC 3501 section 6.4.7, RFC 6851: flags and internal date go along. UIDs of the copies ascend as those of the originals do. */
export function copyEmails(
  tx: AccountTx,
  op: CopyOrMove,
  uids: readonly number[],
): CopiedEmails['uids'] {
  const from = tx.mailbox(keyOf('m', op.fromId))
  const to = tx.mailbox(keyOf('m', op.toId))
  return membershipsAt(tx, from.id, uids).map((membership) => ({
    from: uid(membership.uid),
    to: uid(op.op === 'copy' ? copyOne(tx, to, membership) : moveOne(tx, membership, { from, to })),
  }))
}

function copyOne(tx: AccountTx, to: MailboxRow, membership: MembershipRow): number {
  const email = getEmail(tx, membership.email_id)
  const isDeleted = membership.is_deleted === 1
  if (isInMailbox(tx, email.id, to.id) || mailboxCount(tx, email.id) >= maxMailboxesPerEmail) {
    const twin = insertTwin(tx, email)
    return addMembership(tx, to, twin, { isDeleted, modSeq: twin.id })
  }
  const modSeq = tx.nextModSeq()
  markEmail(tx, email.id, modSeq)
  return addMembership(tx, to, email, { isDeleted, modSeq })
}

/** The UID in the other mailbox. */
function moveOne(
  tx: AccountTx,
  membership: MembershipRow,
  { from, to }: { readonly from: MailboxRow; readonly to: MailboxRow },
): number {
  const email = getEmail(tx, membership.email_id)
  const isDeleted = membership.is_deleted === 1
  if (from.id !== to.id && isInMailbox(tx, email.id, to.id)) {
    const twin = insertTwin(tx, email)
    const copied = addMembership(tx, to, twin, { isDeleted, modSeq: twin.id })
    takeOut(tx, from, membership)
    return copied
  }
  const modSeq = tx.nextModSeq()
  markEmail(tx, email.id, modSeq)
  removeMembership(tx, from, membership, { email, modSeq })
  return addMembership(tx, to, email, { isDeleted, modSeq })
}

/** A new email over the same content: an email is in a mailbox once. */
function insertTwin(tx: AccountTx, email: EmailRow): EmailRow {
  tx.checkQuota(email.size, 1)
  addToThread(tx, email.thread_id)
  const blob = { id: email.blob_id, hash: email.hash, size: email.size, isNew: false }
  // RFC 8474 section 5.1: a copy has the EMAILID of its original.
  const twin = insertEmail(tx, blob, { ...email, copy_of: email.copy_of || email.id })
  // RFC 3501 section 6.4.7: flags go along, those of viewers too.
  tx.viewers?.setUnlike(twin.id, tx.viewers.unlike(email.id))
  return twin
}

function mailboxCount(tx: AccountTx, email: number): number {
  const row = tx.sql.get<{ count: number }>(
    'SELECT count(*) AS count FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ?',
    tx.id,
    email,
  )
  return row?.count ?? 0
}
