import {
  type Delivery,
  type DeliveryResult,
  type LocalDelivery,
  type LocalDeliveryResult,
  type MailboxRole,
  type Outbound,
  parseAddress,
} from '@gatepost/core'
import {
  emailId,
  keyOf,
  normaliseKeywords,
  packKeywords,
  type PreparedMessage,
  queueId,
} from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import type { MailboxRow } from '../mailbox-row.ts'
import type { AccountTx } from './account-tx.ts'
import { addMembership } from './counts.ts'
import { keepSpellings } from './keyword-spellings.ts'
import { loadForMessages, loadMailboxesWithRoles } from './load.ts'
import { hasRoomFor, storeEmail } from './ops/add-email.ts'
import type { Transaction } from './transaction.ts'

export const queueStatements: Statements<'add'> = statements('queue', {
  add: `WITH message AS (
          INSERT INTO queue_message (blob_id, account_id, reverse_path, envelope_id, dsn_return, is_tls_required, size, created_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id),
        recipients AS (
          INSERT INTO queue_recipient (queue_id, due_at, domain, address, notify, original_recipient)
          SELECT message.id, $9, rows.* FROM message, unnest($10::text[], $11::text[], $12::text[], $13::text[]) AS rows
          ON CONFLICT DO NOTHING)
        SELECT id FROM message`,
})

/** All recipients and the queue entry in one transaction; an account that cannot take the message is refused alone. */
export async function deliver(
  transaction: Transaction,
  delivery: Delivery,
  message: PreparedMessage,
): Promise<DeliveryResult> {
  const roles = ['inbox', ...new Set(delivery.local.map(({ role }) => role))]
  await Promise.all(
    [...transaction.accounts.values()].map((tx) =>
      Promise.all([loadMailboxesWithRoles(tx, roles), loadForMessages(tx, [message])]),
    ),
  )
  const codes = delivery.local.map((one) => refusalOf(transaction, one, message))
  if (delivery.isForAllOrNone === true && codes.some((code) => code !== undefined))
    return {
      local: codes.map((code) => ({ kind: 'refused', code: code ?? 'delivery.withheld' })),
      queueId: null,
    }
  const outbound = delivery.outbound?.recipients.length ? delivery.outbound : undefined
  if (outbound !== undefined || codes.includes(undefined)) await transaction.content.put([message])
  const local: LocalDeliveryResult[] = []
  for (const one of delivery.local)
    local.push(await deliverOne(transaction, one, { message, receivedAt: delivery.receivedAt }))
  const id = outbound === undefined ? null : await enqueue(transaction, outbound, message)
  return { local, queueId: id === null ? null : queueId(id) }
}

function refusalOf(
  { accounts }: Transaction,
  { accountId }: LocalDelivery,
  message: PreparedMessage,
): 'account.notFound' | 'quota.exceeded' | undefined {
  const tx = accounts.get(keyOf('a', accountId))
  if (tx === undefined) return 'account.notFound'
  return hasRoomFor(tx, message) ? undefined : 'quota.exceeded'
}

async function deliverOne(
  transaction: Transaction,
  one: LocalDelivery,
  { message, receivedAt }: { readonly message: PreparedMessage; readonly receivedAt: number },
): Promise<LocalDeliveryResult> {
  // Once more: the same account may have been delivered to before.
  const code = refusalOf(transaction, one, message)
  const tx = transaction.accounts.get(keyOf('a', one.accountId))
  if (code !== undefined || tx === undefined)
    return { kind: 'refused', code: code ?? 'account.notFound' }
  const keywords = packKeywords(normaliseKeywords(one.keywords))
  const mailbox = mailboxFor(tx, one.role)
  const email = storeEmail(tx, message, { keywords, receivedAt })
  await keepSpellings(tx, one.keywords)
  addMembership(tx, mailbox, email, { isDeleted: false, modSeq: email.id })
  return { kind: 'delivered', emailId: emailId(email.id) }
}

function mailboxFor(tx: AccountTx, role: MailboxRole): MailboxRow {
  const mailboxes = tx.mailboxes.all()
  const mailbox =
    mailboxes.find((row) => row.role === role) ?? mailboxes.find((row) => row.role === 'inbox')
  if (mailbox === undefined) throw new Error(`account ${tx.id} has no INBOX`)
  return mailbox
}

async function enqueue(
  { connection, content, now }: Transaction,
  outbound: Outbound,
  message: PreparedMessage,
): Promise<number> {
  const { id: blob, size } = content.stored(message.hash)
  content.addRef(blob, 1)
  const { recipients, accountId } = outbound
  const [row] = await connection.rows<{ id: number }>(
    queueStatements.add,
    blob,
    accountId === null ? null : keyOf('a', accountId),
    outbound.reversePath,
    outbound.envelopeId,
    outbound.dsnReturn,
    outbound.isTlsRequired,
    size,
    now,
    Math.max(now, outbound.notBefore ?? 0),
    recipients.map(({ address }) => domainOf(address)),
    recipients.map(({ address }) => address),
    recipients.map(({ notify }) => notify.join(' ')),
    recipients.map(({ originalRecipient }) => originalRecipient),
  )
  if (row === undefined) throw new Error('no row returned')
  return row.id
}

function domainOf(address: string): string {
  return parseAddress(address)?.domain ?? address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}
