import type { AccountId, EmailId, QueueId } from '../ids.ts'
import type { MailboxRole } from './mailbox.ts'
import type { NewContent } from './new-content.ts'

/** One message into the store and, when it has recipients elsewhere, into the queue: all of it or nothing, on disk when it resolves. */
export interface Delivery {
  readonly content: NewContent
  readonly receivedAt: number
  readonly local: readonly LocalDelivery[]
  readonly outbound?: Outbound
  /** One account that cannot take it keeps it from all: for mail whose sender can be told now, and must not be told by mail later. */
  readonly isForAllOrNone?: boolean
  /** The caller is done with `content` in memory, all of that memory: it may move to another thread instead of being copied, and is empty here then. */
  readonly mayMoveContent?: boolean
}

export interface LocalDelivery {
  readonly accountId: AccountId
  /** Into the mailbox with this role; into INBOX when the account has none. */
  readonly role: MailboxRole
  readonly keywords: readonly string[]
}

export interface Outbound {
  /** RFC 5321 reverse-path without brackets: '' for bounces. */
  readonly reversePath: string
  readonly recipients: readonly OutboundRecipient[]
  /** The account that sent it: null for mail of the server itself. */
  readonly accountId: AccountId | null
  /** RFC 3461 section 4.4 and 4.3. */
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  /** RFC 8689. */
  readonly isTlsRequired: boolean
  /** Held in the queue until then, in milliseconds since 1970. Left out: it goes at once. */
  readonly notBefore?: number | undefined
}

export interface OutboundRecipient {
  readonly address: string
  /** RFC 3461 section 4.1: when its sender wants to hear of it. */
  readonly notify: readonly ('never' | 'success' | 'failure' | 'delay')[]
  /** RFC 3461 section 4.2, as received: `rfc822;me@example.test`. */
  readonly originalRecipient: string | null
}

/** `delivered` is by index of `Delivery.local`. An account over quota or gone fails alone; the others get the message, unless it is for all or none. */
export interface DeliveryResult {
  readonly local: readonly LocalDeliveryResult[]
  readonly queueId: QueueId | null
}
export type LocalDeliveryResult =
  | { readonly kind: 'delivered'; readonly emailId: EmailId }
  | {
      readonly kind: 'refused'
      /** `delivery.withheld`: this one could take it, another could not. */
      readonly code: 'quota.exceeded' | 'account.notFound' | 'delivery.withheld'
    }
