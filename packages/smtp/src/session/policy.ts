import type { Access } from '@gatepost/core'
import type { SecurityContext } from '@gatepost/security-crowdsec'

import type { ReceivedContent } from './received-content.ts'

/** What a policy knows of the session that asks. */
export interface SmtpSession {
  readonly id: string
  readonly context: SecurityContext
  readonly access: Access | undefined
  readonly isSecure: boolean
  readonly helo: string
  readonly transmissionType: string
  /** SIZE of the transaction (RFC 1870); 0 when it was not said. */
  readonly declaredBytes: number
  /** SMTPUTF8 of the transaction (RFC 6531). */
  readonly isUtf8Announced: boolean
  /** Until when a decision holds what this session sends; undefined: it does not. Asking reports it. */
  heldUntil(): number | undefined
}

export interface SmtpPath {
  /** As the client wrote it, without brackets; '' for the null reverse-path. */
  readonly address: string
  readonly isUtf8Announced: boolean
}

export interface SmtpRecipient {
  readonly address: string
  readonly notify: readonly ('never' | 'success' | 'failure' | 'delay')[]
  readonly originalRecipient: string | null
}

export interface SmtpTransaction {
  /** As the policy's `sender` answered it. */
  readonly reversePath: string
  /** As the policy's `recipient` answered them; of those with the same normal form the last one. */
  readonly recipients: readonly SmtpRecipient[]
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  readonly isTlsRequired: boolean
}

/** The first HELO or EHLO of a session. */
export interface Greeting {
  readonly context: SecurityContext
  /** In lower case. */
  readonly helo: string
  /** The server's end of the connection. */
  readonly localAddress: string
}

/** What differs between the door for other servers and the door for our own users. Each refuses by throwing an SmtpReply or a MailError. */
export interface SmtpPolicy {
  /** For the log alone: nobody is refused for his name. */
  greeted?(greeting: Greeting): Promise<void>
  /** The session sent something that a scenario counts, and that was not the policy's to see: a message with bare line ends. */
  offended?(session: SmtpSession): void
  /** Answers the reverse-path to keep: spelled as it came, with a normalised domain; '' for the null one. */
  sender(session: SmtpSession, path: SmtpPath): Promise<string>
  /** Answers the address to deliver to: normalised when it is here, spelled as it came when it is elsewhere. */
  recipient(session: SmtpSession, sender: string, path: SmtpPath): Promise<string>
  /** Resolves with the text after `250 2.0.0`: the message is on disk. */
  message(
    session: SmtpSession,
    transaction: SmtpTransaction,
    content: ReceivedContent,
  ): Promise<string>
}
