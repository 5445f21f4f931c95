/** Rows as a transaction holds and changes them; the mailbox's is in `mailbox-row.ts`. The account is that of the transaction. */
export interface AccountRow {
  readonly id: number
  mod_seq: number
  used_bytes: number
  readonly quota_bytes: number
  used_emails: number
  readonly quota_emails: number
  last_uid_validity: number
  readonly viewers: number
}

export interface EmailRow {
  readonly id: number
  mod_seq: number
  readonly blob_id: number
  readonly hash: string
  readonly thread_id: number
  readonly size: number
  readonly received_at: number
  readonly zone_minutes: number
  readonly sent_at: number | null
  readonly sent_day: number | null
  readonly has_attachment: boolean
  keywords: string
  readonly copy_of: number
}

export interface MembershipRow {
  readonly mailbox_id: number
  readonly uid: number
  readonly email_id: number
  mod_seq: number
  readonly created_mod_seq: number
  is_deleted: boolean
  readonly saved_at: number
}

export interface ThreadRow {
  readonly id: number
  mod_seq: number
  emails: number
}

export interface MailboxThreadRow {
  readonly thread_id: number
  readonly mailbox_id: number
  emails: number
  unread: number
}

export interface RecordRow {
  readonly type: string
  readonly id: string
  mod_seq: number
  readonly created_mod_seq: number
  body: string
}

export interface AccountBlobRow {
  readonly blob_id: number
  readonly size: number
  email_refs: number
  expires_at: number
}
