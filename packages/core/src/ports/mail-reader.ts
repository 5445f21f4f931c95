import type { MimeIndex } from '@gatepost/mime'

import type { BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../ids.ts'
import type {
  CannotCalculateChanges,
  EmailChanges,
  MailboxChanges,
  MembershipChanges,
  MembershipChangesPage,
  RecordChanges,
  ThreadChanges,
} from '../model/changes.ts'
import type { Email, KeywordSpelling, Membership } from '../model/email.ts'
import type { Mailbox } from '../model/mailbox.ts'
import type { AccountRecord } from '../model/record.ts'

/**
 * What can be read of one account at one moment. Every method is a round trip and takes a set or a page: what a caller needs of many things it asks for at
 * once. A set of ids is at most 1,000.
 * @throws MailError busy `store.snapshotEnded`, `store.busy`
 */
export interface MailReader {
  /** The account's modseq: after every change another one. */
  readonly state: ModSeq
  readonly mailboxes: MailboxReader
  readonly memberships: MembershipReader
  readonly keywords: KeywordReader
  readonly emails: EmailReader
  readonly blobs: BlobReader
  readonly records: RecordReader
  readonly changes: ChangesReader
}

export interface MailboxReader {
  /** In the order asked; ids that are not there are left out. */
  get(ids: readonly MailboxId[]): Promise<readonly Mailbox[]>
  /** By sort order, then name; INBOX first. */
  list(): Promise<readonly Mailbox[]>
}

export interface MembershipReader {
  /** UIDs above `afterUid`, ascending, at most `limit` (at most 10,000). */
  uids(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<Uid[]>
  /** Those of the UIDs that are there, ascending by UID; `uids` ascending. */
  get(mailbox: MailboxId, uids: readonly Uid[]): Promise<readonly Membership[]>
  /** Ascending by UID, above `afterUid`, at most `limit` (at most 1,000). */
  page(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<readonly Membership[]>
}

/** The keywords of an account as they were first written, for protocols that show them so: the first 256, without IMAP's system flags. */
export interface KeywordReader {
  /** Those behind a position, ascending; 0: all. None ever goes or changes. */
  after(position: number): Promise<readonly KeywordSpelling[]>
}

export interface EmailReader {
  /** In the order asked; ids that are not there are left out. */
  get(ids: readonly EmailId[]): Promise<readonly Email[]>
  /** The structures found at ingest, with offsets into the blob. */
  indexes(ids: readonly EmailId[]): Promise<IndexPage>
  /** Emails of each thread, oldest received first; threads that are not there are left out. */
  threads(ids: readonly ThreadId[]): Promise<ReadonlyMap<ThreadId, readonly EmailId[]>>
}

export interface IndexPage {
  /** Emails that are not there are left out. */
  readonly found: ReadonlyMap<EmailId, MimeIndex>
  /** Of those asked for, in their order: they are to be asked for again, since a page has megabytes at most. Fewer than were asked for. */
  readonly rest: readonly EmailId[]
}

/** The bytes from `start` up to, not including, `end`; clipped to the blob. */
export interface BlobRange {
  readonly id: BlobId
  readonly start: number
  readonly end: number
}

export interface BlobReader {
  /** Bytes of each; blobs that are not there are left out. */
  sizes(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, number>>
  /** In the order asked; undefined where there is no such blob. How much it is together is the caller's to bound. */
  ranges(ranges: readonly BlobRange[]): Promise<readonly (Buffer | undefined)[]>
}

/** @throws MailError invalid `record.badType`, `record.badId` */
export interface RecordReader {
  /** In the order asked; ids that are not there are left out. */
  get(type: string, ids: readonly string[]): Promise<readonly AccountRecord[]>
  /** By id (in the order of its bytes), above `afterId`, '' for all; at most `limit` (at most 500). */
  page(type: string, afterId: string, limit: number): Promise<readonly AccountRecord[]>
}

export interface ChangesReader {
  /** `limit` bounds the ids in all three lists together. */
  mailboxes(since: ModSeq, limit: number): Promise<MailboxChanges | CannotCalculateChanges>
  emails(since: ModSeq, limit: number): Promise<EmailChanges | CannotCalculateChanges>
  threads(since: ModSeq, limit: number): Promise<ThreadChanges | CannotCalculateChanges>
  /** `limit` as above. @throws MailError invalid `record.badType` */
  records(
    type: string,
    since: ModSeq,
    limit: number,
  ): Promise<RecordChanges | CannotCalculateChanges>
  memberships(
    mailbox: MailboxId,
    since: ModSeq,
    page: MembershipChangesPage,
  ): Promise<MembershipChanges | CannotCalculateChanges>
}
