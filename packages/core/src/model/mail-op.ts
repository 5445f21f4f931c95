import type { BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid } from '../ids.ts'
import type { Mailbox, MailboxRole } from './mailbox.ts'
import type { NewContent } from './new-content.ts'
import type { JsonValue } from './record.ts'

/**
 * A change to one account, as a value: it can cross to a writer thread or to another machine, and a transaction is a list of them.
 * Every op fails with a MailError that undoes the whole list; the codes are named per op.
 */
export type MailOp =
  /** First in a list: `conflict` `state.mismatch` unless the account is still at this state (JMAP ifInState). */
  | { readonly op: 'expectState'; readonly state: ModSeq }
  /**
   * Codes: `mailbox.notFound`, `blob.notFound`, `email.tooManyMailboxes`, `quota.exceeded`.
   * `content` is the raw message, kept byte for byte, or the id of a blob of this account.
   */
  | {
      readonly op: 'addEmail'
      readonly content: NewContent | BlobId
      /** At least one. */
      readonly mailboxIds: readonly MailboxId[]
      readonly keywords: readonly string[]
      /** IMAP `\Deleted`, in every mailbox named. */
      readonly isDeleted?: boolean
      readonly receivedAt: number
      /** The time zone that it was given in, minutes east of UTC; 0 unless said otherwise. */
      readonly zoneMinutes?: number
    }
  /**
   * STORE (RFC 3501 section 6.4.6, RFC 7162 section 3.1.3). `replace` sets exactly these keywords and `isDeleted ?? false`; with `add` and `remove`
   * `isDeleted: true` says that the mark takes part. UIDs that are not there are passed over. Code: `mailbox.notFound`.
   */
  | {
      readonly op: 'updateFlags'
      readonly mailboxId: MailboxId
      readonly uids: readonly Uid[]
      readonly mode: 'add' | 'remove' | 'replace'
      readonly keywords: readonly string[]
      readonly isDeleted?: boolean
      readonly unchangedSince?: ModSeq
    }
  /** A copy into a mailbox that has the email already makes a new email over the same blob, with the same `originalId`. Codes: `mailbox.notFound`, `quota.exceeded`. */
  | {
      readonly op: 'copy' | 'move'
      readonly fromId: MailboxId
      readonly toId: MailboxId
      readonly uids: readonly Uid[]
    }
  /** Removes the memberships; an email without any is destroyed. `onlyDeleted`: only those marked `\Deleted`. `uids` left out: all. */
  | {
      readonly op: 'expunge'
      readonly mailboxId: MailboxId
      readonly uids?: readonly Uid[]
      readonly onlyDeleted: boolean
    }
  /**
   * JMAP Email/set update. Patches: true adds, false removes. Leaves at least one mailbox.
   * Codes: `email.notFound`, `mailbox.notFound`, `email.noMailbox`.
   */
  | {
      readonly op: 'updateEmail'
      readonly emailId: EmailId
      readonly keywords?:
        | { readonly set: readonly string[] }
        | { readonly patch: Readonly<Record<string, boolean>> }
      readonly mailboxIds?:
        | { readonly set: readonly MailboxId[] }
        | { readonly patch: Readonly<Record<string, boolean>> }
    }
  /** Code: `email.notFound`. */
  | { readonly op: 'destroyEmail'; readonly emailId: EmailId }
  /**
   * `levels`: names of mailboxes to make first, each in the one before it, the first in `parentId`; `name` is made in the last.
   * `emailsFrom`: the mailbox whose emails all move into the new one.
   * Codes: `mailbox.exists`, `mailbox.badName`, `mailbox.notFound` (the parent), `mailbox.tooDeep`, `mailbox.tooMany`, `mailbox.roleTaken`.
   */
  | {
      readonly op: 'createMailbox'
      readonly name: string
      readonly parentId: MailboxId | null
      readonly levels?: readonly string[]
      readonly role?: MailboxRole | null
      readonly isSubscribed?: boolean
      readonly sortOrder?: number
      readonly emailsFrom?: MailboxId
    }
  /** Ids, UIDs and children stay; `levels` as for createMailbox. Codes as for createMailbox, and `mailbox.loop`, `mailbox.isInbox` (INBOX keeps its name and place). */
  | {
      readonly op: 'updateMailbox'
      readonly mailboxId: MailboxId
      readonly name?: string
      readonly parentId?: MailboxId | null
      readonly levels?: readonly string[]
      readonly role?: MailboxRole | null
      readonly isSubscribed?: boolean
      readonly sortOrder?: number
      readonly isSelectable?: true
    }
  /**
   * Codes: `mailbox.notFound`, `mailbox.isInbox`, `mailbox.hasChild`, `mailbox.hasEmail` (unless `removeEmails`).
   * `keepsParent`: with mailboxes inside it stays as their parent, without emails, role and `isSelectable`; `mailbox.hasChild` if it was no more than that.
   */
  | {
      readonly op: 'destroyMailbox'
      readonly mailboxId: MailboxId
      readonly removeEmails: boolean
      readonly keepsParent?: boolean
    }
  /** An upload (RFC 8620 section 6.1): kept at least until `expiresAt`, longer while an email uses it. Code: `quota.exceeded`. */
  | { readonly op: 'putBlob'; readonly content: NewContent; readonly expiresAt: number }
  /**
   * Makes a record or changes its body; an equal body changes nothing and takes no modseq. `id` null: the store makes one, `r` and the modseq.
   * Codes: `record.badType`, `record.badId`, `record.tooLarge`, `record.tooMany`.
   */
  | {
      readonly op: 'putRecord'
      readonly type: string
      readonly id: string | null
      readonly body: JsonValue
    }
  /** Codes: `record.badType`, `record.badId`, `record.notFound`. */
  | { readonly op: 'deleteRecord'; readonly type: string; readonly id: string }

export interface AddedEmail {
  readonly emailId: EmailId
  readonly threadId: ThreadId
  readonly blobId: BlobId
  readonly size: number
  readonly uids: readonly {
    readonly mailboxId: MailboxId
    readonly uid: Uid
    readonly uidValidity: number
  }[]
}
export interface UpdatedFlags {
  /** UIDs whose flags differ now, or that already were as asked: all that were found and not refused. */
  readonly uids: readonly Uid[]
  /** Changed after `unchangedSince`: left as they are (RFC 7162 MODIFIED). */
  readonly refusedUids: readonly Uid[]
}
export interface CopiedEmails {
  readonly uidValidity: number
  /** In ascending order of `from`. */
  readonly uids: readonly { readonly from: Uid; readonly to: Uid }[]
}

export interface WrittenRecord {
  readonly id: string
  readonly modSeq: ModSeq
}

/** What each op answers. */
export interface MailOpResults {
  readonly expectState: null
  readonly addEmail: AddedEmail
  readonly updateFlags: UpdatedFlags
  readonly copy: CopiedEmails
  readonly move: CopiedEmails
  readonly expunge: { readonly uids: readonly Uid[] }
  readonly updateEmail: null
  readonly destroyEmail: null
  readonly createMailbox: Mailbox
  readonly updateMailbox: Mailbox
  readonly destroyMailbox: null
  readonly putBlob: { readonly blobId: BlobId; readonly size: number }
  readonly putRecord: WrittenRecord
  readonly deleteRecord: null
}
export type MailOpResult<Op extends MailOp> = MailOpResults[Op['op']]
