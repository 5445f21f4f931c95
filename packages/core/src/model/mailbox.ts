import type { MailboxId, ModSeq, Uid } from '../ids.ts'

/** RFC 6154 (IMAP special use) and RFC 8621 section 2 (JMAP role), lower case. `inbox` exists once and always. */
export const mailboxRoles = [
  'inbox',
  'drafts',
  'sent',
  'archive',
  'junk',
  'trash',
  'flagged',
  'all',
  'important',
] as const
export type MailboxRole = (typeof mailboxRoles)[number]

/** What a new account has at the top of its hierarchy, in this order: the names that clients look for. */
export const standardMailboxes: readonly {
  readonly name: string
  readonly role: MailboxRole
}[] = [
  { name: 'INBOX', role: 'inbox' },
  { name: 'Drafts', role: 'drafts' },
  { name: 'Sent', role: 'sent' },
  { name: 'Archive', role: 'archive' },
  { name: 'Junk', role: 'junk' },
  { name: 'Trash', role: 'trash' },
]

export interface Mailbox {
  readonly id: MailboxId
  readonly parentId: MailboxId | null
  /** One level of the hierarchy: 1 to 255 bytes of UTF-8 in NFC, no `/`, no control characters. */
  readonly name: string
  readonly role: MailboxRole | null
  readonly isSubscribed: boolean
  /** False: nothing but a parent of other mailboxes (IMAP \\Noselect), without emails; true again when one comes. */
  readonly isSelectable: boolean
  readonly sortOrder: number
  readonly uidValidity: number
  /** The UID that the next email gets; only grows. */
  readonly uidNext: Uid
  /** RFC 7162 HIGHESTMODSEQ: of any membership or expunge in this mailbox. */
  readonly highestModSeq: ModSeq
  /** When anything of the mailbox itself last changed, counts included. */
  readonly modSeq: ModSeq
  /** When anything but the counts last changed. */
  readonly propertiesModSeq: ModSeq
  readonly totalEmails: number
  /** Without `$seen`. */
  readonly unreadEmails: number
  /** RFC 8621 section 2. */
  readonly totalThreads: number
  readonly unreadThreads: number
  /** Memberships marked `\Deleted`. */
  readonly deletedEmails: number
  /** Sum of the sizes of its emails, in bytes (RFC 8438 STATUS=SIZE). */
  readonly totalBytes: number
}
