import type { Decision } from '../filter/connection-filter.ts'

/** Who did it and through which door. */
export interface SecurityContext {
  /** Of the door: `smtp`, `imap`, `jmap`. */
  readonly protocol: string
  /** Name of the listener: `mx`, `submission`, `imaps`, ... */
  readonly listener: string
  /** Canonical text. */
  readonly ip: string
  readonly port: number
  /** Id of the connection, as in the ordinary log. */
  readonly session: string
  readonly isTls: boolean
  /** What speaks for the client's address lately; left out when nothing does. Scenarios leave those alone who are known for what they count. */
  readonly known?: KnownFor | undefined
}
/** `login`: somebody logged in from there. `mail`: nearly all that came from there was good mail. */
export type KnownFor = 'login' | 'mail'

/**
 * One JSON line per security event: a public interface, read by the parser in crowdsec/. One function per event.
 * What a client sent (users, addresses, details) may be anything: it is cut to length and cannot break a line.
 */
export interface AuthFailureLog {
  authFailed(context: SecurityContext, event: AuthFailed): void
  authSucceeded(context: SecurityContext, event: AuthSucceeded): void
  unknownRecipient(context: SecurityContext, event: RecipientRefused): void
  relayDenied(context: SecurityContext, event: RecipientRefused): void
  /** VRFY and EXPN: asked for addresses without sending mail. */
  addressProbed(
    context: SecurityContext,
    event: { readonly command: 'VRFY' | 'EXPN'; readonly recipient: string },
  ): void
  /** Mail for an address that was never given to anybody. */
  trapRecipient(context: SecurityContext, event: RecipientRefused): void
  /** Greets with a name that is ours. */
  heloSpoofed(
    context: SecurityContext,
    event: { readonly kind: HeloSpoofKind; readonly helo: string },
  ): void
  /** Turned away since somebody's share is used up. */
  connectionLimited(
    context: SecurityContext,
    event: { readonly kind: LimitKind; readonly open: number },
  ): void
  /** One source opens connections, or begins handshakes, faster than any client does: told at the limit and at each multiple. */
  connectionBurst(context: SecurityContext, event: ConnectionBurst): void
  /** Holds a connection without getting to the point. */
  slowClient(context: SecurityContext, event: { readonly kind: SlowKind }): void
  jmapAbuse(
    context: SecurityContext,
    event: { readonly kind: JmapAbuseKind; readonly detail: string },
  ): void
  /** One account sends to more recipients than it ever should in this time. */
  outboundBurst(context: SecurityContext, event: OutboundBurst): void
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
  /**
   * `incomplete_user`: there is no such name, but an account with this local part: a mail program that guesses its user's name. `wrong_protocol`: the right
   * secret, which is an app password for other protocols.
   */
  readonly reason:
    | 'bad_password'
    | 'unknown_user'
    | 'incomplete_user'
    | 'wrong_protocol'
    | 'malformed'
    | 'not_over_tls'
  /** See `passwordFingerprint`; left out when no password was seen. */
  readonly fingerprint?: string | undefined
}
export interface AuthSucceeded {
  readonly user: string
  readonly mechanism: string
}
export interface RecipientRefused {
  readonly sender: string
  readonly recipient: string
}
export interface OutboundBurst {
  readonly user: string
  readonly recipients: number
  readonly seconds: number
}
export type AbuseKind =
  | 'smuggling_attempt'
  | 'bare_line_ending'
  | 'starttls_injection'
  | 'http_on_mail_port'
  | 'tls_on_plain_port'
  | 'early_talker'
  | 'too_many_errors'
  | 'line_too_long'
  | 'tls_handshake_failed'
  /** Commands that lead to nothing, such as NOOP, one after the other. */
  | 'idle_commands'
/** The server's host name, a domain of its users, its address. */
export type HeloSpoofKind = 'own_name' | 'own_domain' | 'own_address'
/** What did not come, or too slowly: the handshake, the login, a command of SMTP, the rest of an HTTP request, the data of a message. */
export type SlowKind = 'tls_handshake' | 'login' | 'command' | 'request' | 'data'
/** Whose share, and of what: connections of an address, of a network, of all on a listener; password checks; bytes of messages being received. */
export type LimitKind = 'per_address' | 'per_network' | 'per_listener' | 'logins' | 'data'
export interface ConnectionBurst {
  readonly kind: 'connections' | 'handshakes' | 'requests'
  readonly count: number
  readonly seconds: number
}
/** A path that is not there; a limit of the session resource; a request that is no JMAP or no HTTP. */
export type JmapAbuseKind = 'path_scan' | 'limit' | 'malformed'
