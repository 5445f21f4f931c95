import type { Mailbox, MailboxRole } from '@gatepost/core'
import { mailboxId, modSeq, uid } from '@gatepost/store-model'

export interface MailboxRow {
  readonly id: number
  parent_id: number
  name: string
  role: MailboxRole | null
  is_subscribed: number
  sort_order: number
  readonly uid_validity: number
  uid_next: number
  highest_mod_seq: number
  mod_seq: number
  properties_mod_seq: number
  total_emails: number
  unread_emails: number
  total_threads: number
  unread_threads: number
  deleted_emails: number
  total_bytes: number
  is_selectable: number
}

export const mailboxColumns = `id, parent_id, name, role, is_subscribed, sort_order, uid_validity, uid_next, highest_mod_seq, mod_seq,
  properties_mod_seq, total_emails, unread_emails, total_threads, unread_threads, deleted_emails, total_bytes, is_selectable`

/** What a viewer has unlike the owner: the counters are how many more. */
export type MailboxDifference = Pick<
  MailboxRow,
  'is_subscribed' | 'unread_emails' | 'unread_threads'
>

/** The mailbox as a viewer sees it; undefined: nothing has made a difference yet. */
export function mailboxFor(row: MailboxRow, difference: MailboxDifference | undefined): MailboxRow {
  return {
    ...row,
    is_subscribed: difference?.is_subscribed ?? 0,
    unread_emails: row.unread_emails + (difference?.unread_emails ?? 0),
    unread_threads: row.unread_threads + (difference?.unread_threads ?? 0),
  }
}

export function mailboxOf(row: MailboxRow): Mailbox {
  return {
    id: mailboxId(row.id),
    parentId: row.parent_id === 0 ? null : mailboxId(row.parent_id),
    name: row.name,
    role: row.role,
    isSubscribed: row.is_subscribed === 1,
    isSelectable: row.is_selectable === 1,
    sortOrder: row.sort_order,
    uidValidity: row.uid_validity,
    uidNext: uid(row.uid_next),
    highestModSeq: modSeq(row.highest_mod_seq),
    modSeq: modSeq(row.mod_seq),
    propertiesModSeq: modSeq(row.properties_mod_seq),
    totalEmails: row.total_emails,
    unreadEmails: row.unread_emails,
    totalThreads: row.total_threads,
    unreadThreads: row.unread_threads,
    deletedEmails: row.deleted_emails,
    totalBytes: row.total_bytes,
  }
}
