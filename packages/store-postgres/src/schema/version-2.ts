/** Records: small objects of an account that are no mail, by type. */
export const version2 = `
-- body: JSON as text, which can have NUL characters.
CREATE TABLE record (
  account_id bigint NOT NULL,
  type text NOT NULL COLLATE "C",
  id text NOT NULL COLLATE "C",
  mod_seq bigint NOT NULL,
  -- Of the put that made it: an id that was deleted can come again.
  created_mod_seq bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (account_id, type, id)
);
CREATE INDEX record_changed ON record (account_id, type, mod_seq);
CREATE INDEX record_created ON record (account_id, type, created_mod_seq);

CREATE TABLE record_tombstone (
  account_id bigint NOT NULL,
  mod_seq bigint NOT NULL,
  type text NOT NULL COLLATE "C",
  id text NOT NULL,
  created_mod_seq bigint NOT NULL,
  gone_at bigint NOT NULL,
  PRIMARY KEY (account_id, mod_seq)
);
CREATE INDEX record_tombstone_gone ON record_tombstone (account_id, type, mod_seq);
CREATE INDEX record_tombstone_created ON record_tombstone (account_id, type, created_mod_seq);
`
