/** What IMAP tells of mailboxes, dates, copies and keywords: taken from what is there, so that an account shows the keywords that it has. */
export const version2 = `
-- 0: a parent of other mailboxes and nothing else.
ALTER TABLE mailbox ADD COLUMN is_selectable INTEGER NOT NULL DEFAULT 1;
-- The time zone that received_at was given in.
ALTER TABLE email ADD COLUMN zone_minutes INTEGER NOT NULL DEFAULT 0;
-- The email that it was copied from into the same mailbox, which may be gone; 0 for none.
ALTER TABLE email ADD COLUMN copy_of INTEGER NOT NULL DEFAULT 0;

-- Keywords by age, 1 for the oldest. name: lower case; spelling: as it came first.
CREATE TABLE keyword (
  account_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  spelling TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX keyword_name ON keyword (account_id, name);

INSERT INTO keyword (account_id, id, name, spelling)
SELECT account_id, id, name, name FROM (
  SELECT account_id, name, row_number() OVER (PARTITION BY account_id ORDER BY name) AS id FROM (
    SELECT DISTINCT e.account_id, w.value AS name
    FROM (SELECT DISTINCT account_id, '["' || replace(trim(keywords), ' ', '","') || '"]' AS list FROM email WHERE keywords <> '') e,
      json_each(CASE WHEN json_valid(e.list) THEN e.list ELSE '[]' END) w
    WHERE w.value NOT IN ('$answered', '$draft', '$flagged', '$seen')))
WHERE id <= 256;
`
