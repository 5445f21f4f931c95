import type { Decision } from '../filter/connection-filter.ts'

/** Who did it and through which door. */
export interface SecurityContext {
  readonly protocol: 'smtp' | 'imap' | 'jmap'
  /** Name of the listener: `mx`, `submission`, `imaps`, ... */
  readonly listener: string
  /** Canonical text. */
  readonly ip: string
  readonly port: number
  /** Id of the connection, as in the ordinary log. */
  readonly session: string
  readonly isTls: boolean
}

/**
 * One JSON line per security event: a public interface, read by the parser in crowdsec/. One function per event.
 * What a client sent (users, addresses, details) may be anything: it is cut to length and can not break a line.
 */
export interface AuthFailureLog {
  authFailed(context: SecurityContext, event: AuthFailed): void
  authSucceeded(context: SecurityContext, event: AuthSucceeded): void
  unknownRecipient(context: SecurityContext, event: RecipientRefused): void
  relayDenied(context: SecurityContext, event: RecipientRefused): void
  /** Against the protocol in a way that no honest client does. */
  protocolAbuse(
    context: SecurityContext,
    event: { readonly kind: AbuseKind; readonly detail?: string },
  ): void
  /** Refused because of a decision: never counted as a failure, or a ban would feed itself. */
  blocked(context: SecurityContext, event: { readonly decision: Decision }): void
  /** An open session ended because of a decision. */
  sessionCut(
    context: SecurityContext,
    event: { readonly decision: Decision; readonly user?: string },
  ): void
}

export interface AuthFailed {
  /** As the client wrote it. */
  readonly user: string
  readonly mechanism: string
  readonly reason: 'bad_password' | 'unknown_user' | 'malformed' | 'not_over_tls'
}
export interface AuthSucceeded {
  readonly user: string
  readonly mechanism: string
}
export interface RecipientRefused {
  readonly sender: string
  readonly recipient: string
}
export type AbuseKind =
  | 'smuggling_attempt'
  | 'starttls_injection'
  | 'http_on_mail_port'
  | 'too_many_errors'
  | 'line_too_long'
  | 'tls_handshake_failed'
