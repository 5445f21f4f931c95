import type { QueuedMessage, QueuedRecipient } from '@gatepost/core'
import { accountId, queueId } from '@gatepost/store-model'

export interface MessageRow {
  readonly id: number
  readonly blob_id: number
  readonly account_id: number | null
  readonly reverse_path: string
  readonly envelope_id: string | null
  readonly dsn_return: 'full' | 'headers'
  readonly is_tls_required: number
  readonly size: number
  readonly created_at: number
}

export interface RecipientRow {
  readonly domain: string
  readonly address: string
  readonly notify: string
  readonly original_recipient: string | null
  readonly due_at: number
  readonly is_leased: number
  readonly attempts: number
  readonly last_reply: string | null
  readonly is_delay_reported: number
}

export const messageColumns =
  'id, blob_id, account_id, reverse_path, envelope_id, dsn_return, is_tls_required, size, created_at'
export const recipientColumns =
  'domain, address, notify, original_recipient, due_at, is_leased, attempts, last_reply, is_delay_reported'

export function messageOf(row: MessageRow): QueuedMessage {
  return {
    id: queueId(row.id),
    reversePath: row.reverse_path,
    accountId: row.account_id === null ? null : accountId(row.account_id),
    envelopeId: row.envelope_id,
    dsnReturn: row.dsn_return,
    isTlsRequired: row.is_tls_required === 1,
    size: row.size,
    createdAt: row.created_at,
  }
}

export function recipientOf(row: RecipientRow): QueuedRecipient {
  return {
    address: row.address,
    notify: row.notify === '' ? [] : (row.notify.split(' ') as QueuedRecipient['notify']),
    originalRecipient: row.original_recipient,
    domain: row.domain,
    state: row.is_leased === 1 ? 'leased' : 'waiting',
    attempts: row.attempts,
    nextAttemptAt: row.due_at,
    lastReply: row.last_reply,
    isDelayReported: row.is_delay_reported === 1,
  }
}
