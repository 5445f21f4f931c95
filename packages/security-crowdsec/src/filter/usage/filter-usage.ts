import type { Decision } from '../connection-filter.ts'

/** What was finally done with a client, in the past tense of the listener's table. */
export type FilterAction =
  | 'refused'
  | 'tarpitted'
  | 'greylisted'
  | 'challenged'
  | 'throttled'
  | 'held'
  | 'cut'

export interface AppliedRemediation {
  /** Of the door: `smtp`, `imap`, `jmap`. */
  readonly protocol: string
  readonly family: 4 | 6
  readonly action: FilterAction
  readonly decision: Decision
}

/** Fed by the doors. A call costs a look-up in a map. */
export interface FilterUsage {
  /** A client (SMTP, IMAP: a connection, JMAP: a request) was judged, whatever came of it. Each counts once. */
  processed(protocol: string, family: 4 | 6): void
  applied(remediation: AppliedRemediation): void
}

export const noUsage: FilterUsage = { processed: () => undefined, applied: () => undefined }
