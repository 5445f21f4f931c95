import type { MimeIndex } from '@gatepost/mime'

import type { BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../ids.ts'
import type {
  CannotCalculateChanges,
  EmailChanges,
  MailboxChanges,
  MembershipChanges,
  ThreadChanges,
} from '../model/changes.ts'
import type { Email, KeywordSpelling, Membership } from '../model/email.ts'
import type { Mailbox } from '../model/mailbox.ts'

/** What can be read of one account at one moment. */
export interface MailReader {
  /** The account's modseq: after every change another one. */
  readonly state: ModSeq
  readonly mailboxes: MailboxReader
  readonly memberships: MembershipReader
  readonly keywords: KeywordReader
  readonly emails: EmailReader
  readonly blobs: BlobReader
  readonly changes: ChangesReader
}

export interface MailboxReader {
  get(id: MailboxId): Mailbox | undefined
  /** By sort order, then name; INBOX first. */
  list(): readonly Mailbox[]
}

export interface MembershipReader {
  /** UIDs above `afterUid` (default: all), ascending, at most `limit` (default: all). */
  uids(mailbox: MailboxId, afterUid?: Uid | 0, limit?: number): Uid[]
  /** Those of the UIDs that are there, ascending by UID; `uids` ascending, at most 1,000 at once. */
  get(mailbox: MailboxId, uids: readonly Uid[]): readonly Membership[]
  /** Ascending by UID, above `afterUid`, at most `limit` (at most 1,000). */
  page(mailbox: MailboxId, afterUid: Uid | 0, limit: number): readonly Membership[]
}

/** The keywords of an account as they were first written, for protocols that show them so: the first 256, without IMAP's system flags. */
export interface KeywordReader {
  /** Those behind a position, ascending; 0: all. None ever goes or changes. */
  after(position: number): readonly KeywordSpelling[]
}

export interface EmailReader {
  /** In the order asked; ids that are not there are left out. */
  get(ids: readonly EmailId[]): readonly Email[]
  /** The structure found at ingest, with offsets into the blob. */
  index(id: EmailId): MimeIndex | undefined
  /** Emails of a thread, oldest received first; empty when there is no such thread. */
  thread(id: ThreadId): readonly EmailId[]
}

export interface BlobReader {
  /** Bytes, or undefined when there is no such blob. */
  size(id: BlobId): number | undefined
  /** The bytes from `start` up to, not including, `end`; clipped to the blob. */
  range(id: BlobId, start: number, end: number): Buffer | undefined
}

export interface ChangesReader {
  /** `limit` bounds the ids in all three lists together. */
  mailboxes(since: ModSeq, limit: number): MailboxChanges | CannotCalculateChanges
  emails(since: ModSeq, limit: number): EmailChanges | CannotCalculateChanges
  threads(since: ModSeq, limit: number): ThreadChanges | CannotCalculateChanges
  memberships(mailbox: MailboxId, since: ModSeq): MembershipChanges | CannotCalculateChanges
}
