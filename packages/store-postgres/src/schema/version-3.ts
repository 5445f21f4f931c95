/** What those who have access to somebody else's account have apart: `\\Seen`, subscriptions, and the counters that follow. */
export const version3 = `
-- Principals with access to an account or to a mailbox of it. Whoever loses it and has it again is another viewer.
CREATE TABLE viewer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL,
  principal_id bigint NOT NULL,
  UNIQUE (account_id, principal_id)
);

-- How many viewers it has: without any, nothing else has to be looked at.
ALTER TABLE account ADD COLUMN viewers bigint NOT NULL DEFAULT 0;

-- Viewers who have $seen of an email where the owner has not, or the other way round.
CREATE TABLE viewer_seen (
  account_id bigint NOT NULL,
  email_id bigint NOT NULL,
  viewer_id bigint NOT NULL,
  PRIMARY KEY (account_id, email_id, viewer_id)
);

-- Counters: how many more are unread for the viewer than for the owner.
CREATE TABLE viewer_mailbox (
  account_id bigint NOT NULL,
  viewer_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  is_subscribed boolean NOT NULL,
  unread_emails bigint NOT NULL,
  unread_threads bigint NOT NULL,
  PRIMARY KEY (account_id, viewer_id, mailbox_id)
) WITH (fillfactor = 80);

-- As many more of the emails of a thread in a mailbox; no row where it is 0.
CREATE TABLE viewer_thread (
  account_id bigint NOT NULL,
  thread_id bigint NOT NULL,
  mailbox_id bigint NOT NULL,
  viewer_id bigint NOT NULL,
  unread bigint NOT NULL,
  PRIMARY KEY (account_id, thread_id, mailbox_id, viewer_id)
);
`
