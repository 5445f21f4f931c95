import type { MailboxRow } from '../mailbox-row.ts'
import type {
  AccountBlobRow,
  EmailRow,
  MailboxThreadRow,
  MembershipRow,
  RecordRow,
  ThreadRow,
} from './rows.ts'
import { type Table, table } from './tables.ts'
import type { ViewerThreadRow } from './viewers/viewer-threads.ts'

export const mailboxTable: Table<MailboxRow> = table<MailboxRow>(
  'mailbox',
  {
    id: 'bigint',
    parent_id: 'bigint',
    name: 'text',
    role: 'text',
    is_subscribed: 'boolean',
    is_selectable: 'boolean',
    sort_order: 'bigint',
    uid_validity: 'bigint',
    uid_next: 'bigint',
    highest_mod_seq: 'bigint',
    mod_seq: 'bigint',
    properties_mod_seq: 'bigint',
    total_emails: 'bigint',
    unread_emails: 'bigint',
    total_threads: 'bigint',
    unread_threads: 'bigint',
    deleted_emails: 'bigint',
    total_bytes: 'bigint',
  },
  ['id'],
)

export const emailTable: Table<EmailRow> = table<EmailRow>(
  'email',
  {
    id: 'bigint',
    mod_seq: 'bigint',
    blob_id: 'bigint',
    hash: 'text',
    thread_id: 'bigint',
    size: 'bigint',
    received_at: 'bigint',
    zone_minutes: 'integer',
    sent_at: 'bigint',
    sent_day: 'bigint',
    has_attachment: 'boolean',
    keywords: 'text',
    copy_of: 'bigint',
  },
  ['id'],
)

export const membershipTable: Table<MembershipRow> = table<MembershipRow>(
  'membership',
  {
    mailbox_id: 'bigint',
    uid: 'bigint',
    email_id: 'bigint',
    mod_seq: 'bigint',
    created_mod_seq: 'bigint',
    is_deleted: 'boolean',
    saved_at: 'bigint',
  },
  ['mailbox_id', 'uid'],
)

export const recordTable: Table<RecordRow> = table<RecordRow>(
  'record',
  { type: 'text', id: 'text', mod_seq: 'bigint', created_mod_seq: 'bigint', body: 'text' },
  ['type', 'id'],
)

export const threadTable: Table<ThreadRow> = table<ThreadRow>(
  'thread',
  { id: 'bigint', mod_seq: 'bigint', emails: 'bigint' },
  ['id'],
)

export const mailboxThreadTable: Table<MailboxThreadRow> = table<MailboxThreadRow>(
  'mailbox_thread',
  { thread_id: 'bigint', mailbox_id: 'bigint', emails: 'bigint', unread: 'bigint' },
  ['thread_id', 'mailbox_id'],
)

export const viewerThreadTable: Table<ViewerThreadRow> = table<ViewerThreadRow>(
  'viewer_thread',
  { thread_id: 'bigint', mailbox_id: 'bigint', viewer_id: 'bigint', unread: 'bigint' },
  ['thread_id', 'mailbox_id', 'viewer_id'],
)

export const accountBlobTable: Table<AccountBlobRow> = table<AccountBlobRow>(
  'account_blob',
  { blob_id: 'bigint', size: 'bigint', email_refs: 'bigint', expires_at: 'bigint' },
  ['blob_id'],
)
