import type { EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../ids.ts'

/** Ids created, updated and destroyed after a modseq, each id in one list only (RFC 8620 section 5.2). */
export interface IdChanges<Id> {
  readonly created: readonly Id[]
  readonly updated: readonly Id[]
  readonly destroyed: readonly Id[]
  /** The state that these lists lead to: smaller than the account's when `hasMore`. */
  readonly newState: ModSeq
  readonly hasMore: boolean
}
export interface MailboxChanges extends IdChanges<MailboxId> {
  /** Nothing but the counts changed in `updated` (RFC 8621 section 2.2). */
  readonly isCountsOnly: boolean
}
export type EmailChanges = IdChanges<EmailId>
export type ThreadChanges = IdChanges<ThreadId>

/**
 * Of the records of a type. An id that was deleted and put again is `updated` for those who knew it and `created` for those who did not; where a page ends
 * between the two, it is `destroyed` in that one and `created` in a later one. So may one that was made
 * and is gone again be `created` in a page and `destroyed` in a later one.
 */
export type RecordChanges = IdChanges<string>

/** What an IMAP session needs to bring its view of one mailbox up to date (RFC 7162 section 3.2): a page of it, each list by UID ascending. */
export interface MembershipChanges {
  /** Added or changed after the modseq. */
  readonly changedUids: readonly Uid[]
  readonly expungedUids: readonly Uid[]
  /** Where the next page begins; undefined: this is the last. */
  readonly next: ModSeq | undefined
}

export interface MembershipChangesPage {
  /** The state that is asked about for the first page, then `next` of the one before. */
  readonly from: ModSeq
  /** Of the UIDs in both lists together; at least 2. */
  readonly limit: number
}

/** The store no longer knows the changes since that state: the client starts over. */
export const CANNOT_CALCULATE_CHANGES = 'cannotCalculateChanges'
export type CannotCalculateChanges = typeof CANNOT_CALCULATE_CHANGES
