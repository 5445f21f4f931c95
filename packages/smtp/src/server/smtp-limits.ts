export interface SmtpLimits {
  /** RFC 1870. */
  readonly maxMessageBytes: number
  readonly maxRecipients: number
  /** Messages being received, all sessions of the listener together; `DataMemory` says who gets how much. */
  readonly maxBytesInFlight: number
  /** Without a whole command line: a byte now and then does not count. */
  readonly idleMs: number
  /** From the greeting to the end of the connection; a message on its way is finished first. */
  readonly sessionMs: number
  /** How long the data of a message may stay behind `minDataBytesPerSecond`, at its beginning and at any time after. */
  readonly dataPatienceMs: number
  /** What the data of a message comes at, on average. With `maxMessageBytes` this bounds the whole DATA phase: 10 hours. */
  readonly minDataBytesPerSecond: number
  readonly maxAuthFailures: number
  /** Unknown or refused recipients in one session. */
  readonly maxRefusedRecipients: number
  /** Commands since the last message that was taken, those not counted that a transaction needs. */
  readonly maxIdleCommands: number
  readonly maxCommandBytes: number
}

export const defaultSmtpLimits: SmtpLimits = {
  maxMessageBytes: 36_700_160,
  maxRecipients: 100, // RFC 5321 section 4.5.3.1.8
  maxBytesInFlight: 268_435_456,
  idleMs: 300_000, // RFC 5321 section 4.5.3.2.7
  sessionMs: 3_600_000,
  // A mobile line that was gone for a minute goes on: TCP tries again in growing steps.
  dataPatienceMs: 120_000,
  // Half of the slowest line that is still used for mail (GPRS: 2 KB/s, 35 MB in 5 hours).
  minDataBytesPerSecond: 1024,
  maxAuthFailures: 3,
  maxRefusedRecipients: 10,
  maxIdleCommands: 100, // Postfix has the same (smtpd_junk_command_limit)
  maxCommandBytes: 12_288, // RFC 4954 section 4 wants room for 12,288 octets of AUTH
}
