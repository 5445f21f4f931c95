import type { EmailId, MailboxId, ModSeq, ThreadId } from '../ids.ts'

/**
 * One condition language for IMAP SEARCH (RFC 3501 section 6.4.4) and JMAP Email/query (RFC 8621 section 4.4.1).
 * `contains` is a substring match without regard to case, Unicode-aware, on decoded text. Times are milliseconds since 1970.
 * `uids` and `deleted` speak of the membership in `MailboxQuery.mailbox`, and match nothing in an `EmailQuery`.
 */
export type EmailCondition =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly EmailCondition[] }
  | { readonly kind: 'not'; readonly of: EmailCondition }
  | { readonly kind: 'inMailbox'; readonly mailbox: MailboxId }
  /** In at least one mailbox that is not listed (RFC 8621 inMailboxOtherThan). */
  | { readonly kind: 'inMailboxOtherThan'; readonly mailboxes: readonly MailboxId[] }
  /** Inclusive, ascending ranges. */
  | { readonly kind: 'uids'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'emails'; readonly ids: readonly EmailId[] }
  /** By `Membership.originalId`. */
  | { readonly kind: 'originals'; readonly ids: readonly EmailId[] }
  | { readonly kind: 'threads'; readonly ids: readonly ThreadId[] }
  | { readonly kind: 'keyword'; readonly keyword: string }
  | {
      readonly kind: 'threadKeyword'
      readonly which: 'all' | 'some' | 'none'
      readonly keyword: string
    }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'hasAttachment' }
  /** size >= bytes; size < bytes. */
  | { readonly kind: 'sizeAtLeast' | 'sizeBelow'; readonly bytes: number }
  /** >= at; < at. */
  | { readonly kind: 'receivedFrom' | 'receivedBefore'; readonly at: number }
  /** By the calendar day of `receivedAt` in the zone that it was given in, taken as UTC midnight (RFC 3501 SINCE). */
  | { readonly kind: 'receivedDayFrom' | 'receivedDayBefore'; readonly at: number }
  /** By the Date header: its calendar day as written, without its time zone, taken as UTC midnight (RFC 3501 SENTSINCE). */
  | { readonly kind: 'sentDayFrom' | 'sentDayBefore'; readonly at: number }
  | { readonly kind: 'modSeqAtLeast'; readonly modSeq: ModSeq }
  /** `contains: ''` asks for the presence of the field. */
  | { readonly kind: 'header'; readonly name: string; readonly contains: string }
  /** In some field of the header, its name included (RFC 3501 section 6.4.4, TEXT). */
  | { readonly kind: 'anyHeader'; readonly contains: string }
  | {
      readonly kind: 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body' | 'text'
      readonly contains: string
    }

export interface EmailSort {
  readonly property:
    | 'receivedAt'
    | 'sentAt'
    | 'size'
    | 'from'
    | 'to'
    | 'subject'
    | 'hasKeyword'
    | 'allInThreadHaveKeyword'
    | 'someInThreadHaveKeyword'
  readonly isAscending: boolean
  /** For the three keyword properties. */
  readonly keyword?: string
}

/** Which of all results are wanted: at most `limit` from `position` on, or from `offset` behind the anchor. A negative position counts from the end. */
export type QueryWindow =
  | { readonly position: number; readonly limit: number }
  | { readonly anchor: EmailId; readonly offset: number; readonly limit: number }

/** A window into the emails of an account (RFC 8621 section 4.4). */
export interface EmailQuery {
  readonly where: EmailCondition
  /** Default: by receivedAt, newest first. Ties are broken so that the order is total. */
  readonly sort?: readonly EmailSort[]
  /** Of each thread only the first one. */
  readonly collapseThreads?: boolean
  readonly window: QueryWindow
  /** It may cost as much as all results. */
  readonly wantsTotal?: boolean
}

export interface EmailQueryResult {
  readonly ids: readonly EmailId[]
  /** Of the first one among all results. */
  readonly position: number
  /** Whether results lie behind the window. */
  readonly hasMore: boolean
  /** When it was wanted. */
  readonly total?: number
  /** The account's state at the time of the search. */
  readonly state: ModSeq
}

/** All of a mailbox that match: SEARCH (RFC 3501 section 6.4.4). */
export interface MailboxQuery {
  readonly mailbox: MailboxId
  readonly where: EmailCondition
  readonly wantsModSeqs?: boolean
}

export interface MailboxQueryResult {
  /** Ascending. */
  readonly uids: Uint32Array
  /** Of the memberships, in the order of `uids`; when they were wanted. */
  readonly modSeqs?: Float64Array
}
