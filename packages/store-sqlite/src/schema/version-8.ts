/** Records: small objects of an account that are no mail, by type. */
export const version8 = `
-- body: JSON.
CREATE TABLE record (
  account_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  mod_seq INTEGER NOT NULL,
  -- Of the put that made it: an id that was deleted can come again.
  created_mod_seq INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, type, id)
) STRICT;
CREATE INDEX record_changed ON record (account_id, type, mod_seq);
CREATE INDEX record_created ON record (account_id, type, created_mod_seq);

CREATE TABLE record_tombstone (
  account_id INTEGER NOT NULL,
  mod_seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  created_mod_seq INTEGER NOT NULL,
  gone_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, mod_seq)
) WITHOUT ROWID, STRICT;
CREATE INDEX record_tombstone_gone ON record_tombstone (account_id, type, mod_seq);
CREATE INDEX record_tombstone_created ON record_tombstone (account_id, type, created_mod_seq);
`
