import type { BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../ids.ts'

/**
 * Keywords are lower case (RFC 8621 section 4.1.1); IMAP's system flags are `$seen`, `$answered`, `$flagged`, `$draft`.
 * `\Deleted` is no keyword: it belongs to a membership.
 */
export interface Email {
  readonly id: EmailId
  readonly blobId: BlobId
  readonly threadId: ThreadId
  /** Bytes of the raw message. */
  readonly size: number
  /** IMAP INTERNALDATE, JMAP receivedAt: milliseconds since 1970. */
  readonly receivedAt: number
  readonly keywords: readonly string[]
  readonly mailboxIds: readonly MailboxId[]
  /** Of the last change to keywords or mailboxes. */
  readonly modSeq: ModSeq
}

/** A keyword, in lower case, and how it was written when the account first had it. */
export interface KeywordSpelling {
  readonly position: number
  readonly keyword: string
  readonly spelling: string
}

/** An email in a mailbox: what IMAP numbers. */
export interface Membership {
  readonly uid: Uid
  readonly emailId: EmailId
  /** IMAP EMAILID (RFC 8474 section 5.1): that of the email itself, or of the one that it was copied from within a mailbox. */
  readonly originalId: EmailId
  /** Of the last change to the flags of this membership: IMAP MODSEQ. */
  readonly modSeq: ModSeq
  /** IMAP `\Deleted`. */
  readonly isDeleted: boolean
  readonly keywords: readonly string[]
  readonly size: number
  readonly receivedAt: number
  /** The time zone that `receivedAt` was given in: minutes east of UTC. */
  readonly zoneMinutes: number
  readonly blobId: BlobId
  readonly threadId: ThreadId
}
