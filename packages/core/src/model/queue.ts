import type { AccountId, QueueId } from '../ids.ts'
import type { OutboundRecipient } from './delivery.ts'

export interface QueuedMessage {
  readonly id: QueueId
  readonly reversePath: string
  readonly accountId: AccountId | null
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  readonly isTlsRequired: boolean
  readonly size: number
  readonly createdAt: number
}

export interface QueuedRecipient extends OutboundRecipient {
  /** Lower case, A-label: recipients of one domain share a lease. */
  readonly domain: string
  readonly state: 'waiting' | 'leased'
  readonly attempts: number
  readonly nextAttemptAt: number
  /** Of the last try, one line. */
  readonly lastReply: string | null
  /** A delay DSN has gone out. */
  readonly isDelayReported: boolean
}

/** The due recipients of one message in one domain, held by one process until `leaseUntil`. */
export interface QueueLease {
  readonly message: QueuedMessage
  readonly domain: string
  readonly recipients: readonly QueuedRecipient[]
  readonly leaseUntil: number
}

export interface QueueEntry {
  readonly message: QueuedMessage
  readonly recipients: readonly QueuedRecipient[]
}

/** What became of one leased recipient. `done` takes it off the queue, whether delivered or given up. */
export type QueueOutcome =
  | { readonly kind: 'done'; readonly address: string }
  | {
      readonly kind: 'deferred'
      readonly address: string
      readonly nextAttemptAt: number
      readonly reply: string
      readonly isDelayReported: boolean
    }
