export interface ImapLimits {
  /** Of a message that APPEND brings. */
  readonly maxMessageBytes: number
  /** Messages being received, all sessions together. */
  readonly maxBytesInFlight: number
  /** All lines of one command, without literals. RFC 7162 section 4 wants at least 8,192. */
  readonly maxCommandBytes: number
  /** All literals of one command but the message of APPEND. */
  readonly maxLiteralBytes: number
  readonly maxLiterals: number
  /** The same before the login. */
  readonly maxLiteralBytesBeforeLogin: number
  /** From the greeting to the login. */
  readonly loginMs: number
  /** RFC 3501 section 5.4: at least 30 minutes. */
  readonly idleMs: number
  /** A literal has begun and nothing comes. */
  readonly literalMs: number
  /** The client reads nothing of what it asked for. */
  readonly writeMs: number
  readonly maxAuthFailures: number
  /** A program needs three or four. */
  readonly maxCommandsBeforeLogin: number
  /** Commands in a row that the server cannot read. */
  readonly maxBadCommands: number
}

export const defaultImapLimits: ImapLimits = {
  maxMessageBytes: 36_700_160,
  maxBytesInFlight: 268_435_456,
  maxCommandBytes: 65_536,
  maxLiteralBytes: 65_536,
  maxLiterals: 64,
  maxLiteralBytesBeforeLogin: 4096,
  loginMs: 60_000,
  idleMs: 1_860_000,
  literalMs: 120_000,
  writeMs: 120_000,
  maxAuthFailures: 3,
  maxCommandsBeforeLogin: 50,
  maxBadCommands: 20,
}
