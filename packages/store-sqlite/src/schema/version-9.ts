/** The domains whose mail is taken. */
export const version9 = `
-- name: as normaliseDomain writes it.
CREATE TABLE domain (
  name TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
`
