import { type AddedEmail, MailError, type MailOp } from '@gatepost/core'
import {
  type PreparedMessage,
  blobId,
  emailId,
  hashOf,
  keyOf,
  mailboxId,
  normaliseKeywords,
  packKeywords,
  prepareMessage,
  quotaExceeded,
  threadId,
  uid,
  withSeen,
} from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import { accountBlob, emailCharge } from '../account-blobs.ts'
import type { AccountTx } from '../account-tx.ts'
import { findBlob, readBlob, storeBlob, storeIndex } from '../blobs.ts'
import { type EmailRow, insertEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { addMembership } from '../memberships.ts'
import { joinThread } from '../threads.ts'

export const maxMailboxesPerEmail = 100

type AddEmail = Extract<MailOp, { op: 'addEmail' }>

export function addEmail(
  tx: AccountTx,
  op: AddEmail,
  prepared: PreparedMessage | undefined,
): AddedEmail {
  const mailboxes = distinctMailboxes(tx, op.mailboxIds)
  const asked = packKeywords(normaliseKeywords(op.keywords))
  const keywords = tx.viewer === undefined ? asked : withSeen(asked, false)
  const message = messageOf(tx, op.content, prepared)
  const { receivedAt, zoneMinutes } = op
  const email = storeEmail(tx, message, { keywords, receivedAt, zoneMinutes })
  if (email === undefined) throw quotaExceeded()
  if (keywords !== asked) tx.viewer?.haveSeen(email.id)
  keepSpellings(tx, op.keywords)
  const isDeleted = op.isDeleted ?? false
  const uids = mailboxes.map((mailbox) => ({
    mailboxId: mailboxId(mailbox.id),
    uid: uid(addMembership(tx, mailbox, email, { isDeleted, modSeq: email.id })),
    uidValidity: mailbox.uid_validity,
  }))
  return {
    emailId: emailId(email.id),
    threadId: threadId(email.thread_id),
    blobId: blobId(email.hash),
    size: email.size,
    uids,
  }
}

/** Whether the quota has room for one more email with these bytes. */
export function hasRoomFor(
  tx: AccountTx,
  message: PreparedMessage,
  known: ReturnType<typeof findBlob> = findBlob(tx.sql, message.hash),
): boolean {
  return tx.hasRoom(emailCharge(tx, known, message.size), 1)
}

/** A new email over these bytes, in its thread, in no mailbox yet; undefined, and nothing done, where the quota has no room for it. */
export function storeEmail(
  tx: AccountTx,
  message: PreparedMessage,
  {
    keywords,
    receivedAt,
    zoneMinutes = 0,
  }: {
    readonly keywords: string
    readonly receivedAt: number
    readonly zoneMinutes?: number | undefined
  },
): EmailRow | undefined {
  const known = findBlob(tx.sql, message.hash)
  if (!hasRoomFor(tx, message, known)) return undefined
  const blob = storeBlob(tx.sql, message, known)
  storeIndex(tx.sql, blob, message)
  return insertEmail(tx, blob, {
    thread_id: joinThread(tx, message.threadKeys),
    received_at: receivedAt,
    sent_at: message.sentAt,
    sent_day: message.sentDay,
    has_attachment: message.hasAttachment ? 1 : 0,
    keywords,
    zone_minutes: zoneMinutes,
    copy_of: 0,
  })
}

/** @throws MailError notFound `mailbox.notFound`; invalid `email.noMailbox`; limit `email.tooManyMailboxes` */
export function distinctMailboxes(tx: AccountTx, ids: readonly string[]): MailboxRow[] {
  if (ids.length === 0)
    throw new MailError('invalid', 'email.noMailbox', 'An email is in at least one mailbox')
  const keys = new Set(ids.map((id) => keyOf('m', id)))
  if (keys.size > maxMailboxesPerEmail)
    throw new MailError('limit', 'email.tooManyMailboxes', 'The email is in too many mailboxes')
  return [...keys].map((key) => tx.mailbox(key))
}

function messageOf(
  tx: AccountTx,
  content: AddEmail['content'],
  prepared: PreparedMessage | undefined,
): PreparedMessage {
  if (typeof content !== 'string' && prepared !== undefined) return prepared
  const blob = typeof content === 'string' ? accountBlob(tx, hashOf(content)) : undefined
  if (blob === undefined) throw new MailError('notFound', 'blob.notFound', 'No such blob')
  // Not prepared: it came into the account with this transaction.
  return prepared ?? prepareMessage(readBlob(tx.sql, blob.id, blob.size))
}
