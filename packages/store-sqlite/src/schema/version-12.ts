/** What those who have access to somebody else's account have apart: `\\Seen`, subscriptions, and the counters that follow. */
export const version12 = `
-- Principals with access to an account or to a mailbox of it. Whoever loses it and has it again is another viewer.
CREATE TABLE viewer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL,
  principal_id INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX viewer_account ON viewer (account_id, principal_id);
CREATE INDEX viewer_principal ON viewer (principal_id);

-- How many viewers it has: without any, nothing else has to be looked at.
ALTER TABLE account ADD COLUMN viewers INTEGER NOT NULL DEFAULT 0;
INSERT INTO viewer (account_id, principal_id) SELECT DISTINCT account_id, principal_id FROM access ORDER BY account_id, principal_id;
UPDATE account SET viewers = (SELECT count(*) FROM viewer WHERE account_id = account.id);

-- Viewers who have $seen of an email where the owner has not, or the other way round.
CREATE TABLE viewer_seen (
  account_id INTEGER NOT NULL,
  email_id INTEGER NOT NULL,
  viewer_id INTEGER NOT NULL,
  PRIMARY KEY (account_id, email_id, viewer_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX viewer_seen_viewer ON viewer_seen (viewer_id);

-- Counters: how many more are unread for the viewer than for the owner.
CREATE TABLE viewer_mailbox (
  account_id INTEGER NOT NULL,
  viewer_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  is_subscribed INTEGER NOT NULL,
  unread_emails INTEGER NOT NULL,
  unread_threads INTEGER NOT NULL,
  PRIMARY KEY (account_id, viewer_id, mailbox_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX viewer_mailbox_viewer ON viewer_mailbox (viewer_id);

-- As many more of the emails of a thread in a mailbox; no row where it is 0.
CREATE TABLE viewer_thread (
  account_id INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  viewer_id INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  PRIMARY KEY (account_id, mailbox_id, thread_id, viewer_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX viewer_thread_viewer ON viewer_thread (viewer_id);

-- Of whom something is still to be removed.
CREATE TABLE deleted_viewer (id INTEGER PRIMARY KEY) STRICT;
`
