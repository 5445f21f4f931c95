import {
  type Delivery,
  type DeliveryResult,
  type LocalDelivery,
  type LocalDeliveryResult,
  type MailboxRole,
  parseAddress,
  type Outbound,
} from '@gatepost/core'
import {
  type PreparedMessage,
  emailId,
  keyOf,
  normaliseKeywords,
  packKeywords,
  queueId,
} from '@gatepost/store-model'

import type { MailboxRow } from '../mailbox-row.ts'
import type { Sql } from '../sql.ts'
import type { AccountTx } from './account-tx.ts'
import { addBlobRef, storeBlob } from './blobs.ts'
import type { JobContext } from './job-context.ts'
import { keepSpellings } from './keyword-spellings.ts'
import { addMembership } from './memberships.ts'
import { hasRoomFor, storeEmail } from './ops/add-email.ts'

/** All recipients and the queue entry in one transaction; an account that cannot take the message is refused alone. */
export function deliver(
  context: JobContext,
  delivery: Delivery,
  message: PreparedMessage,
): DeliveryResult {
  const withheld = delivery.isForAllOrNone === true ? withheldBy(context, delivery, message) : []
  if (withheld.length > 0) return { local: withheld, queueId: null }
  const local = delivery.local.map((one) =>
    deliverOne(context, one, {
      message,
      receivedAt: delivery.receivedAt,
    }),
  )
  const { outbound } = delivery
  const isOutbound = outbound !== undefined && outbound.recipients.length > 0
  return { local, queueId: isOutbound ? queueId(enqueue(context, outbound, message)) : null }
}

/** Empty when everybody can take it. */
function withheldBy(
  context: JobContext,
  { local }: Delivery,
  message: PreparedMessage,
): LocalDeliveryResult[] {
  const codes = local.map(({ accountId }) => {
    const tx = context.findAccount(keyOf('a', accountId))
    if (tx === undefined) return 'account.notFound'
    return hasRoomFor(tx, message) ? undefined : 'quota.exceeded'
  })
  if (codes.every((code) => code === undefined)) return []
  return codes.map((code) => ({ kind: 'refused', code: code ?? 'delivery.withheld' }))
}

function deliverOne(
  context: JobContext,
  one: LocalDelivery,
  { message, receivedAt }: { readonly message: PreparedMessage; readonly receivedAt: number },
): LocalDeliveryResult {
  const tx = context.findAccount(keyOf('a', one.accountId))
  if (tx === undefined) return { kind: 'refused', code: 'account.notFound' }
  const keywords = packKeywords(normaliseKeywords(one.keywords))
  const mailbox = mailboxFor(tx, one.role)
  const email = storeEmail(tx, message, { keywords, receivedAt })
  if (email === undefined) return { kind: 'refused', code: 'quota.exceeded' }
  keepSpellings(tx, one.keywords)
  addMembership(tx, mailbox, email, { isDeleted: false, modSeq: email.id })
  return { kind: 'delivered', emailId: emailId(email.id) }
}

function mailboxFor(tx: AccountTx, role: MailboxRole): MailboxRow {
  const mailbox = tx.mailboxWithRole(role) ?? tx.mailboxWithRole('inbox')
  if (mailbox === undefined) throw new Error(`account ${tx.id} has no INBOX`)
  return mailbox
}

function enqueue(context: JobContext, outbound: Outbound, message: PreparedMessage): number {
  const { sql, now } = context
  const blob = storeBlob(sql, message)
  addBlobRef(sql, blob.id)
  const sender = outbound.accountId === null ? null : keyOf('a', outbound.accountId)
  const id = sql.insert(
    `INSERT INTO queue_message (blob_id, account_id, reverse_path, envelope_id, dsn_return, is_tls_required, size, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    blob.id,
    sender,
    outbound.reversePath,
    outbound.envelopeId,
    outbound.dsnReturn,
    outbound.isTlsRequired ? 1 : 0,
    blob.size,
    now,
  )
  const dueAt = Math.max(now, outbound.notBefore ?? 0)
  for (const recipient of outbound.recipients) addRecipient(sql, id, recipient, dueAt)
  context.isQueueChanged = true
  return id
}

function addRecipient(
  sql: Sql,
  queue: number,
  recipient: Outbound['recipients'][number],
  dueAt: number,
): void {
  sql.run(
    `INSERT OR IGNORE INTO queue_recipient
       (queue_id, domain, address, notify, original_recipient, due_at, is_leased, attempts, last_reply, is_delay_reported)
       VALUES (?, ?, ?, ?, ?, ?, 0, 0, NULL, 0)`,
    queue,
    domainOf(recipient.address),
    recipient.address,
    recipient.notify.join(' '),
    recipient.originalRecipient,
    dueAt,
  )
}

function domainOf(address: string): string {
  return parseAddress(address)?.domain ?? address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
