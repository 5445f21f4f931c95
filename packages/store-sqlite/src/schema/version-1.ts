/**
 * Ids of mailboxes, emails and threads are the modseq of their creation: unique in the account, never used again, and "created after" is a comparison.
 * Every changed email, mailbox and thread takes a modseq of its own, so that a list of changes can be cut anywhere.
 */
export const version1 = `
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  quota_bytes INTEGER NOT NULL DEFAULT 0,
  used_bytes INTEGER NOT NULL DEFAULT 0,
  quota_emails INTEGER NOT NULL DEFAULT 0,
  used_emails INTEGER NOT NULL DEFAULT 0,
  mod_seq INTEGER NOT NULL DEFAULT 0,
  -- Tombstones at or below are gone.
  trimmed_mod_seq INTEGER NOT NULL DEFAULT 0,
  last_uid_validity INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE alias (
  address TEXT NOT NULL,
  account_id INTEGER NOT NULL,
  PRIMARY KEY (address, account_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX alias_account ON alias (account_id, address);

CREATE TABLE mailbox (
  account_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  -- 0: at the top.
  parent_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  role TEXT,
  is_subscribed INTEGER NOT NULL,
  sort_order INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL,
  highest_mod_seq INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  properties_mod_seq INTEGER NOT NULL,
  total_emails INTEGER NOT NULL DEFAULT 0,
  unread_emails INTEGER NOT NULL DEFAULT 0,
  total_threads INTEGER NOT NULL DEFAULT 0,
  unread_threads INTEGER NOT NULL DEFAULT 0,
  deleted_emails INTEGER NOT NULL DEFAULT 0,
  total_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX mailbox_name ON mailbox (account_id, parent_id, name);
CREATE UNIQUE INDEX mailbox_role ON mailbox (account_id, role) WHERE role IS NOT NULL;

CREATE TABLE email (
  account_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  blob_id INTEGER NOT NULL,
  -- SHA-256 in base64url: here too, so that lists of emails need no look at the blob.
  hash TEXT NOT NULL,
  thread_id INTEGER NOT NULL,
  size INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  sent_at INTEGER,
  sent_day INTEGER,
  has_attachment INTEGER NOT NULL,
  -- ' $seen work ': sorted, a space around each; '' for none.
  keywords TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX email_changed ON email (account_id, mod_seq);
CREATE INDEX email_thread ON email (account_id, thread_id);
-- From what the full-text index finds to the emails.
CREATE INDEX email_blob ON email (account_id, blob_id);

CREATE TABLE membership (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  email_id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  created_mod_seq INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, uid)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX membership_email ON membership (account_id, email_id, mailbox_id);
CREATE INDEX membership_changed ON membership (account_id, mailbox_id, mod_seq);

CREATE TABLE thread (
  account_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  emails INTEGER NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX thread_changed ON thread (account_id, mod_seq);

-- Hash of a message id and the base subject: what joins a message to a thread.
CREATE TABLE thread_key (
  account_id INTEGER NOT NULL,
  key BLOB NOT NULL,
  thread_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, key)
) WITHOUT ROWID, STRICT;
CREATE INDEX thread_key_thread ON thread_key (account_id, thread_id);

CREATE TABLE mailbox_thread (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  emails INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, thread_id)
) WITHOUT ROWID, STRICT;

-- kind: 1 email, 2 mailbox, 3 thread. The id is the modseq of the creation.
CREATE TABLE tombstone (
  account_id INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  id INTEGER NOT NULL,
  gone_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind, mod_seq)
) WITHOUT ROWID, STRICT;

CREATE TABLE expunged (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  created_mod_seq INTEGER NOT NULL,
  gone_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, mod_seq, uid)
) WITHOUT ROWID, STRICT;

-- One row per content. refs: rows of account_blob and queue_message that name it.
CREATE TABLE blob (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  refs INTEGER NOT NULL
) STRICT;
-- id: blob id * 4096 + number of the chunk. encoding: 0 as it is, 1 zstd.
CREATE TABLE blob_chunk (
  id INTEGER PRIMARY KEY,
  encoding INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
-- The MIME index and the folded text, made when a blob first becomes an email.
CREATE TABLE blob_index (
  blob_id INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  mime TEXT NOT NULL
) STRICT;
CREATE TABLE blob_text (
  blob_id INTEGER PRIMARY KEY,
  from_text TEXT NOT NULL,
  to_text TEXT NOT NULL,
  cc_text TEXT NOT NULL,
  bcc_text TEXT NOT NULL,
  subject TEXT NOT NULL,
  sort_from TEXT NOT NULL,
  sort_to TEXT NOT NULL,
  sort_subject TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;

-- Blobs that became emails after later blobs had: the full-text index goes by blob id and has passed them.
CREATE TABLE blob_text_late (id INTEGER PRIMARY KEY AUTOINCREMENT, blob_id INTEGER NOT NULL) STRICT;

-- Of this database and no copy of it: what is derived from it and kept elsewhere belongs to it alone.
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));

-- What an account may reach. expires_at: of an upload, 0 for none.
CREATE TABLE account_blob (
  account_id INTEGER NOT NULL,
  -- Not the hash: new rows then share pages, and a commit writes fewer of them.
  blob_id INTEGER NOT NULL,
  size INTEGER NOT NULL,
  email_refs INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, blob_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX account_blob_expiry ON account_blob (account_id, expires_at) WHERE email_refs = 0;

CREATE TABLE queue_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  blob_id INTEGER NOT NULL,
  account_id INTEGER,
  reverse_path TEXT NOT NULL,
  envelope_id TEXT,
  dsn_return TEXT NOT NULL,
  is_tls_required INTEGER NOT NULL,
  size INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE queue_recipient (
  queue_id INTEGER NOT NULL,
  domain TEXT NOT NULL,
  address TEXT NOT NULL,
  notify TEXT NOT NULL,
  original_recipient TEXT,
  -- The end of the lease while is_leased, else the time of the next attempt.
  due_at INTEGER NOT NULL,
  is_leased INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  last_reply TEXT,
  is_delay_reported INTEGER NOT NULL,
  PRIMARY KEY (queue_id, domain, address)
) WITHOUT ROWID, STRICT;
CREATE INDEX queue_recipient_due ON queue_recipient (due_at, queue_id, domain);

-- One row that a probe may write: whether the disk takes writes again.
CREATE TABLE probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
`
