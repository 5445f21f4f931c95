import { type AddedEmail, MailError, type MailOp } from '@gatepost/core'
import {
  blobId,
  emailId,
  hashOf,
  keyOf,
  mailboxId,
  normaliseKeywords,
  packKeywords,
  type PreparedMessage,
  quotaExceeded,
  threadId,
  uid,
  withSeen,
} from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import { accountBlob, emailCharge } from '../account-blobs.ts'
import type { AccountTx } from '../account-tx.ts'
import { addMembership } from '../counts.ts'
import { insertEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { loadBlobsNamed, loadForMessages, loadMailboxes } from '../load.ts'
import type { EmailRow } from '../rows.ts'
import { joinThread } from '../threads.ts'

export const maxMailboxesPerEmail = 100

type AddEmail = Extract<MailOp, { op: 'addEmail' }>

export async function addEmail(
  tx: AccountTx,
  op: AddEmail,
  prepared: PreparedMessage | undefined,
): Promise<AddedEmail> {
  const mailboxes = await distinctMailboxes(tx, op.mailboxIds)
  const asked = packKeywords(normaliseKeywords(op.keywords))
  const keywords = tx.viewer === undefined ? asked : withSeen(asked, false)
  const message = prepared ?? (await storedMessage(tx, op.content))
  await loadForMessages(tx, [message])
  if (!hasRoomFor(tx, message)) throw quotaExceeded()
  await tx.content.put([message])
  const { receivedAt, zoneMinutes } = op
  const email = storeEmail(tx, message, { keywords, receivedAt, zoneMinutes })
  if (keywords !== asked) tx.viewer?.haveSeen(email.id)
  await keepSpellings(tx, op.keywords)
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

/** Whether the quota has room for one more email with these bytes; what the account has of them has been loaded. */
export function hasRoomFor(tx: AccountTx, { hash, size }: PreparedMessage): boolean {
  return tx.hasRoom(emailCharge(tx, hash, size), 1)
}

/** A new email over content that has been put, in its thread, in no mailbox yet. */
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
): EmailRow {
  const blob = tx.content.stored(message.hash)
  tx.content.addIndex(blob.id, message)
  return insertEmail(tx, blob, {
    thread_id: joinThread(tx, message.threadKeys),
    received_at: receivedAt,
    sent_at: message.sentAt,
    sent_day: message.sentDay,
    has_attachment: message.hasAttachment,
    keywords,
    zone_minutes: zoneMinutes,
    copy_of: 0,
  })
}

/** @throws MailError notFound `mailbox.notFound`; invalid `email.noMailbox`; limit `email.tooManyMailboxes` */
export async function distinctMailboxes(
  tx: AccountTx,
  ids: readonly string[],
): Promise<MailboxRow[]> {
  if (ids.length === 0)
    throw new MailError('invalid', 'email.noMailbox', 'An email is in at least one mailbox')
  const keys = [...new Set(ids.map((id) => keyOf('m', id)))]
  if (keys.length > maxMailboxesPerEmail)
    throw new MailError('limit', 'email.tooManyMailboxes', 'The email is in too many mailboxes')
  await loadMailboxes(tx, keys)
  return keys.map((key) => tx.mailbox(key))
}

async function storedMessage(
  tx: AccountTx,
  content: AddEmail['content'],
): Promise<PreparedMessage> {
  const hash = typeof content === 'string' ? hashOf(content) : ''
  await loadBlobsNamed(tx, [{ hash }])
  const blob = accountBlob(tx, hash)
  if (blob === undefined) throw new MailError('notFound', 'blob.notFound', 'No such blob')
  return tx.content.message(blob)
}
