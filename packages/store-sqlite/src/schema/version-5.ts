/** The order of arrival as an index has it, of an account and of each mailbox: a list is read in order, and no further than it is shown. */
export const version5 = `
ALTER TABLE membership ADD COLUMN received_at INTEGER NOT NULL DEFAULT 0;
UPDATE membership SET received_at =
  (SELECT e.received_at FROM email e WHERE e.account_id = membership.account_id AND e.id = membership.email_id);
CREATE INDEX membership_received ON membership (account_id, mailbox_id, received_at DESC, email_id DESC);
CREATE INDEX email_received ON email (account_id, received_at DESC, id DESC);
`
