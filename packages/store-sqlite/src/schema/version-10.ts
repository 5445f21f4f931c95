/** Who logs in, with what, and what of others they may use: each account has become a principal with its password. */
export const version10 = `
CREATE TABLE principal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- To log in with: a normalised address.
  name TEXT NOT NULL UNIQUE,
  -- Separated by spaces.
  roles TEXT NOT NULL DEFAULT '',
  scram_salt TEXT,
  scram_iterations INTEGER,
  created_at INTEGER NOT NULL,
  -- How often a role or a right was taken away.
  narrowed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE credential (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  principal_id INTEGER NOT NULL,
  -- 'password' or 'app_password'.
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  -- Separated by spaces.
  protocols TEXT NOT NULL,
  scram_stored_key TEXT,
  scram_server_key TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX credential_name ON credential (principal_id, kind, name);
CREATE UNIQUE INDEX credential_token ON credential (hash) WHERE kind = 'app_password';
CREATE INDEX credential_keyless ON credential (principal_id) WHERE scram_stored_key IS NULL;

-- Grants. mailbox_id: 0 for the account. rights: letters of RFC 4314.
CREATE TABLE access (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  principal_id INTEGER NOT NULL,
  rights TEXT NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, principal_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX access_principal ON access (principal_id, account_id, mailbox_id);

ALTER TABLE account ADD COLUMN principal_id INTEGER NOT NULL DEFAULT 0;
INSERT INTO principal (id, name, created_at) SELECT id, address, created_at FROM account;
INSERT INTO credential (principal_id, kind, name, hash, protocols, created_at)
  SELECT id, 'password', '', password_hash, 'smtp imap http', created_at FROM account ORDER BY id;
UPDATE account SET principal_id = id;
CREATE UNIQUE INDEX account_principal ON account (principal_id);
ALTER TABLE account DROP COLUMN password_hash;
`
