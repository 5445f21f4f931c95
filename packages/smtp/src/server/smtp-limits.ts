export interface SmtpLimits {
  /** RFC 1870. */
  readonly maxMessageBytes: number
  readonly maxRecipients: number
  /** Messages being received, all sessions of the listener together. */
  readonly maxBytesInFlight: number
  readonly idleMs: number
  /** From the greeting to the end of the connection. */
  readonly sessionMs: number
  readonly maxAuthFailures: number
  /** Unknown or refused recipients in one session. */
  readonly maxRefusedRecipients: number
  readonly maxCommandBytes: number
}

export const defaultSmtpLimits: SmtpLimits = {
  maxMessageBytes: 36_700_160,
  maxRecipients: 100, // RFC 5321 section 4.5.3.1.8
  maxBytesInFlight: 268_435_456,
  idleMs: 300_000, // RFC 5321 section 4.5.3.2.7
  sessionMs: 3_600_000,
  maxAuthFailures: 3,
  maxRefusedRecipients: 10,
  maxCommandBytes: 12_288, // RFC 4954 section 4 wants room for 12,288 octets of AUTH
}
