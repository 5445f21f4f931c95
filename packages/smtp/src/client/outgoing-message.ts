import type { OutboundRecipient } from '@gatepost/core'

export interface OutgoingMessage {
  readonly content: Buffer
  readonly reversePath: string
  readonly recipients: readonly OutboundRecipient[]
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  readonly isTlsRequired: boolean
}

export interface RecipientReply {
  readonly address: string
  /** As `replyLines` has it: `250 2.0.0 OK`. */
  readonly reply: string
  /** First digit of the reply: 2 delivered, 4 try again, 5 never. */
  readonly outcome: 2 | 4 | 5
}
