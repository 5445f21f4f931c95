import type { BlobId, EmailId, QueueId, ThreadId } from '@gatepost/core'

/** Something in the store that is not as it has to be: a value, for people and for programs. */
export interface Problem {
  /** What was looked at; stable, such as `mailbox.totalEmails` or `blob.content`. */
  readonly what: string
  readonly where: ProblemPlace
  readonly expected: string | number
  readonly found: string | number
  /** Emails that cannot be read or listed right because of it: the first of them, and how many they are. */
  readonly affects: readonly AffectedEmail[]
  readonly affectedEmails: number
}

/** As far as it is known. */
export interface ProblemPlace {
  readonly account?: string
  /** Path with `/` between the levels. */
  readonly mailbox?: string
  readonly uid?: number
  readonly email?: EmailId
  readonly thread?: ThreadId
  readonly blob?: BlobId
  readonly queue?: QueueId
  readonly table?: string
}

export interface AffectedEmail {
  readonly account: string
  /** Null when that cannot be read. */
  readonly mailbox: string | null
  readonly email: EmailId
}
