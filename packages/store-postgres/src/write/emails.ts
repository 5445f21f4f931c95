import { emailNotFound } from '@gatepost/store-model'

import { addEmailRef, dropEmailRef } from './account-blobs.ts'
import type { AccountTx } from './account-tx.ts'
import type { BlobRow } from './content.ts'
import { removeMembership } from './counts.ts'
import type { EmailRow, MembershipRow } from './rows.ts'
import { leaveThread } from './threads.ts'

/** One that has been loaded. @throws MailError notFound `email.notFound` */
export function getEmail(tx: AccountTx, id: number): EmailRow {
  const row = tx.emails.get(id)
  if (row === undefined) throw emailNotFound()
  return row
}

/** A new email over a blob, in a thread that counts it already; in no mailbox yet. */
export function insertEmail(
  tx: AccountTx,
  blob: BlobRow,
  email: Omit<EmailRow, 'id' | 'mod_seq' | 'blob_id' | 'hash' | 'size'>,
): EmailRow {
  const id = tx.nextModSeq()
  addEmailRef(tx, blob)
  tx.countEmails(1)
  const row = { ...email, id, mod_seq: id, blob_id: blob.id, hash: blob.hash, size: blob.size }
  tx.emails.add(row)
  return row
}

/** The email's mailboxes have changed. */
export function markEmail(tx: AccountTx, email: EmailRow, modSeq: number): void {
  email.mod_seq = modSeq
  tx.emails.touch(email)
}

/** Takes an email out of one mailbox; out of its last one destroys it. */
export function takeOut(tx: AccountTx, membership: MembershipRow): void {
  const email = getEmail(tx, membership.email_id)
  const modSeq = tx.nextModSeq()
  removeMembership(tx, membership, email, modSeq)
  if (tx.memberships.countOf(email.id) > 0) markEmail(tx, email, modSeq)
  else buryEmail(tx, email, modSeq)
}

export function destroy(tx: AccountTx, email: EmailRow): void {
  const modSeq = tx.nextModSeq()
  for (const membership of tx.memberships.ofEmail(email.id))
    removeMembership(tx, membership, email, modSeq)
  buryEmail(tx, email, modSeq)
}

function buryEmail(tx: AccountTx, email: EmailRow, modSeq: number): void {
  tx.emails.delete(email)
  tx.viewers?.forgetEmail(email.id)
  tx.bury('email', email.id, modSeq)
  dropEmailRef(tx, email.blob_id)
  tx.countEmails(-1)
  leaveThread(tx, email.thread_id)
}
