/**
 * Ids of mailboxes, emails and threads are the modseq of their creation: unique in the account, never used again, and "created after" is a comparison.
 * Every changed email, mailbox and thread takes a modseq of its own, so that a list of changes can be cut anywhere.
 */
export const version1 = `
CREATE TABLE account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  address text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  created_at bigint NOT NULL,
  quota_bytes bigint NOT NULL DEFAULT 0,
  used_bytes bigint NOT NULL DEFAULT 0,
  quota_emails bigint NOT NULL DEFAULT 0,
  used_emails bigint NOT NULL DEFAULT 0,
  mod_seq bigint NOT NULL DEFAULT 0,
  -- Tombstones at or below are gone.
  trimmed_mod_seq bigint NOT NULL DEFAULT 0,
  last_uid_validity bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- The two constraints are for the end of a transaction: within it, mailboxes may change names and roles with each other.
CREATE TABLE mailbox (
  account_id bigint NOT NULL,
  id bigint NOT NULL,
  -- 0: at the top.
  parent_id bigint NOT NULL,
  name text NOT NULL COLLATE "C",
  role text,
  is_subscribed boolean NOT NULL,
  is_selectable boolean NOT NULL,
  sort_order bigint NOT NULL,
  uid_validity bigint NOT NULL,
  uid_next bigint NOT NULL,
  highest_mod_seq bigint NOT NULL,
  mod_seq bigint NOT NULL,
  properties_mod_seq bigint NOT NULL,
  total_emails bigint NOT NULL,
  unread_emails bigint NOT NULL,
  total_threads bigint NOT NULL,
  unread_threads bigint NOT NULL,
  deleted_emails bigint NOT NULL,
  total_bytes bigint NOT NULL,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, parent_id, name) DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (account_id, role) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 50);

CREATE TABLE email (
  account_id bigint NOT NULL,
  id bigint NOT NULL,
  mod_seq bigint NOT NULL,
  blob_id bigint NOT NULL,
  -- SHA-256 in base64url: here too, so that lists of emails need no look at the blob.
  hash text NOT NULL,
  thread_id bigint NOT NULL,
  size bigint NOT NULL,
  received_at bigint NOT NULL,
  -- The time zone that received_at was given in.
  zone_minutes integer NOT NULL,
  sent_at bigint,
  sent_day bigint,
  has_attachment boolean NOT NULL,
  -- ' $seen work ': sorted, a space around each; '' for none.
  keywords text NOT NULL,
  -- The email that it was copied from into the same mailbox, which may be gone; 0 for none.
  copy_of bigint NOT NULL,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 80);
CREATE INDEX email_changed ON email (account_id, mod_seq);
CREATE INDEX email_thread ON email (account_id, thread_id);

CREATE TABLE membership (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  uid bigint NOT NULL,
  email_id bigint NOT NULL,
  mod_seq bigint NOT NULL,
  created_mod_seq bigint NOT NULL,
  is_deleted boolean NOT NULL,
  saved_at bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, uid)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX membership_email ON membership (account_id, email_id, mailbox_id);
CREATE INDEX membership_changed ON membership (account_id, mailbox_id, mod_seq);
CREATE INDEX membership_deleted ON membership (account_id, mailbox_id, uid) WHERE is_deleted;

CREATE TABLE thread (
  account_id bigint NOT NULL,
  id bigint NOT NULL,
  mod_seq bigint NOT NULL,
  emails bigint NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX thread_changed ON thread (account_id, mod_seq);

-- Hash of a message id and the base subject: what joins a message to a thread.
CREATE TABLE thread_key (
  account_id bigint NOT NULL,
  key bytea NOT NULL,
  thread_id bigint NOT NULL,
  PRIMARY KEY (account_id, key)
);
CREATE INDEX thread_key_thread ON thread_key (account_id, thread_id);

CREATE TABLE mailbox_thread (
  account_id bigint NOT NULL,
  thread_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  emails bigint NOT NULL,
  unread bigint NOT NULL,
  PRIMARY KEY (account_id, thread_id, mailbox_id)
);

-- kind: 1 email, 2 mailbox, 3 thread. The id is the modseq of the creation.
CREATE TABLE tombstone (
  account_id bigint NOT NULL,
  kind smallint NOT NULL,
  mod_seq bigint NOT NULL,
  id bigint NOT NULL,
  gone_at bigint NOT NULL,
  PRIMARY KEY (account_id, kind, mod_seq)
);

CREATE TABLE expunged (
  account_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  mod_seq bigint NOT NULL,
  uid bigint NOT NULL,
  created_mod_seq bigint NOT NULL,
  gone_at bigint NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, mod_seq, uid)
);

-- Keywords by age, 1 for the oldest. name: lower case; spelling: as it came first.
CREATE TABLE keyword (
  account_id bigint NOT NULL,
  id bigint NOT NULL,
  name text NOT NULL,
  spelling text NOT NULL,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, name)
);

-- One row per content. refs: rows of account_blob and queue_message that name it.
CREATE TABLE blob (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash text NOT NULL UNIQUE,
  size bigint NOT NULL,
  refs bigint NOT NULL
) WITH (fillfactor = 80);

-- encoding: 0 as it is, 1 zstd.
CREATE TABLE blob_chunk (
  blob_id bigint NOT NULL,
  number bigint NOT NULL,
  encoding smallint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (blob_id, number)
);
ALTER TABLE blob_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The MIME index as JSON, made when a blob first becomes an email. mime_length: in characters.
CREATE TABLE blob_index (
  blob_id bigint PRIMARY KEY,
  version smallint NOT NULL,
  mime_length bigint NOT NULL,
  mime text NOT NULL
);

-- What an account may reach. expires_at: of an upload, 0 for none.
CREATE TABLE account_blob (
  account_id bigint NOT NULL,
  blob_id bigint NOT NULL,
  size bigint NOT NULL,
  email_refs bigint NOT NULL,
  expires_at bigint NOT NULL,
  PRIMARY KEY (account_id, blob_id)
) WITH (fillfactor = 80);
CREATE INDEX account_blob_expiry ON account_blob (account_id, expires_at) WHERE email_refs = 0;

CREATE TABLE queue_message (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  blob_id bigint NOT NULL,
  account_id bigint,
  reverse_path text NOT NULL,
  envelope_id text,
  dsn_return text NOT NULL,
  is_tls_required boolean NOT NULL,
  size bigint NOT NULL,
  created_at bigint NOT NULL
);
CREATE TABLE queue_recipient (
  queue_id bigint NOT NULL,
  domain text NOT NULL,
  address text NOT NULL,
  notify text NOT NULL,
  original_recipient text,
  due_at bigint NOT NULL,
  PRIMARY KEY (queue_id, domain, address)
);
`
