import type { CopiedEmails, MailOp } from '@gatepost/core'
import { keyOf, uid } from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { addMembership, removeMembership } from '../counts.ts'
import { getEmail, insertEmail, markEmail, takeOut } from '../emails.ts'
import { loadMailboxes } from '../load.ts'
import type { EmailRow, MembershipRow } from '../rows.ts'
import { addToThread } from '../threads.ts'
import { maxMailboxesPerEmail } from './add-email.ts'
import { placesAt } from './places.ts'

type CopyOrMove = Extract<MailOp, { op: 'copy' | 'move' }>

/** RFC 3501 section 6.4.7, RFC 6851: flags and internal date go along. UIDs of the copies ascend as those of the originals do. */
export async function copyEmails(tx: AccountTx, op: CopyOrMove): Promise<CopiedEmails> {
  const keys = [keyOf('m', op.fromId), keyOf('m', op.toId)] as const
  await loadMailboxes(tx, keys)
  const from = tx.mailbox(keys[0])
  const to = tx.mailbox(keys[1])
  const uids: { from: ReturnType<typeof uid>; to: ReturnType<typeof uid> }[] = []
  for await (const page of placesAt(tx, from.id, op.uids))
    for (const membership of page) {
      const copied =
        op.op === 'copy' ? copyOne(tx, to, membership) : moveOne(tx, membership, { from, to })
      uids.push({ from: uid(membership.uid), to: uid(copied) })
    }
  return { uidValidity: to.uid_validity, uids }
}

function copyOne(tx: AccountTx, to: MailboxRow, membership: MembershipRow): number {
  const email = getEmail(tx, membership.email_id)
  const isDeleted = membership.is_deleted
  const isFull = tx.memberships.countOf(email.id) >= maxMailboxesPerEmail
  if (tx.memberships.isIn(email.id, to.id) || isFull) {
    const twin = insertTwin(tx, email)
    return addMembership(tx, to, twin, { isDeleted, modSeq: twin.id })
  }
  const modSeq = tx.nextModSeq()
  markEmail(tx, email, modSeq)
  return addMembership(tx, to, email, { isDeleted, modSeq })
}

/** The UID in the other mailbox. */
export function moveOne(
  tx: AccountTx,
  membership: MembershipRow,
  { from, to }: { readonly from: MailboxRow; readonly to: MailboxRow },
): number {
  const email = getEmail(tx, membership.email_id)
  const isDeleted = membership.is_deleted
  if (from.id !== to.id && tx.memberships.isIn(email.id, to.id)) {
    const twin = insertTwin(tx, email)
    const copied = addMembership(tx, to, twin, { isDeleted, modSeq: twin.id })
    takeOut(tx, membership)
    return copied
  }
  const modSeq = tx.nextModSeq()
  markEmail(tx, email, modSeq)
  removeMembership(tx, membership, email, modSeq)
  return addMembership(tx, to, email, { isDeleted, modSeq })
}

/** A new email over the same content: an email is in a mailbox once. */
function insertTwin(tx: AccountTx, email: EmailRow): EmailRow {
  tx.checkQuota(email.size, 1)
  addToThread(tx, email.thread_id)
  const blob = { id: email.blob_id, hash: email.hash, size: email.size }
  // RFC 8474 section 5.1: a copy has the EMAILID of its original.
  const twin = insertEmail(tx, blob, { ...email, copy_of: email.copy_of || email.id })
  // RFC 3501 section 6.4.7: flags go along, those of viewers too.
  tx.viewers?.setUnlike(twin.id, tx.viewers.seen.of(email.id))
  return twin
}
