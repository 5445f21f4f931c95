/** Copies made by a COPY that is not done yet: where it ends in between, they are taken back. */
export const version11 = `
CREATE TABLE unfinished_copy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  -- Inclusive; those of one transaction.
  first_uid INTEGER NOT NULL,
  last_uid INTEGER NOT NULL
) STRICT;
CREATE INDEX unfinished_copy_account ON unfinished_copy (account_id, id);
`
