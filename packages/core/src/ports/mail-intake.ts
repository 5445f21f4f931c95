import type { AccountId, QueueId } from '../ids.ts'
import type { OutboundRecipient } from '../model/delivery.ts'
import type { NewContent } from '../model/new-content.ts'

/** The one door for new mail, whichever protocol it comes from. What it accepts is on disk. */
export interface MailIntake {
  /**
   * Mail from other servers for accounts here. `content` is complete, trace fields included.
   * @throws MailError busy `store.busy`
   */
  receive(message: ReceivedMessage): Promise<IntakeResult>
  /**
   * Mail that an account sends: delivered here at once, queued for elsewhere. The caller has checked that the account may use the sender.
   * @throws MailError busy `store.busy`; notFound `account.notFound`
   */
  submit(message: SubmittedMessage): Promise<IntakeResult>
}

export interface ReceivedMessage {
  readonly content: NewContent
  /** Without brackets; '' for bounces. */
  readonly reversePath: string
  /** Normalised addresses that resolve to accounts here. */
  readonly recipients: readonly string[]
  /** The caller is done with `content` in memory, all of that memory: it may move to another thread instead of being copied, and is empty here then. */
  readonly mayMoveContent?: boolean
}

export interface SubmittedMessage {
  readonly accountId: AccountId
  /** Begins with the Return-Path that those here get (RFC 5321 section 4.4); it is taken off what goes elsewhere. */
  readonly content: NewContent
  readonly reversePath: string
  /** Each once by its normal form. Those elsewhere keep the spelling of their local part (RFC 5321 section 2.4). */
  readonly recipients: readonly OutboundRecipient[]
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  readonly isTlsRequired: boolean
  /** What goes elsewhere is held in the queue until then, in milliseconds since 1970. */
  readonly notBefore?: number | undefined
  /** The caller is done with `content` in memory, all of that memory: it may move to another thread instead of being copied, and is empty here then. */
  readonly mayMoveContent?: boolean
}

export type IntakeResult =
  | {
      readonly kind: 'accepted'
      /** Null when nothing had to be queued. */
      readonly queueId: QueueId | null
    }
  /** Nothing was stored: no recipient could take it, or (submission) one of ours does not exist. */
  | {
      readonly kind: 'refused'
      readonly reason: 'overQuota' | 'noSuchRecipient'
      readonly address: string
    }
