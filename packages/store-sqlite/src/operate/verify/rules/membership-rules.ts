import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const membershipRules: readonly Rule[] = [
  {
    what: 'membership.mailbox',
    sql: `SELECT m.account_id, m.mailbox_id, m.uid, m.email_id, 'a mailbox' AS expected, 'none' AS found
      FROM membership m LEFT JOIN mailbox b ON b.account_id = m.account_id AND b.id = m.mailbox_id
      WHERE m.account_id = ?1 AND b.id IS NULL`,
  },
  {
    what: 'membership.email',
    sql: `SELECT m.account_id, m.mailbox_id, m.uid, m.email_id, 'an email' AS expected, 'none' AS found
      FROM membership m LEFT JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
      WHERE m.account_id = ?1 AND e.id IS NULL`,
  },
  {
    // Lists go by it.
    what: 'membership.receivedAt',
    sql: `SELECT m.account_id, m.mailbox_id, m.uid, m.email_id, m.received_at AS found, e.received_at AS expected
      FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
      WHERE m.account_id = ?1 AND m.received_at <> e.received_at`,
  },
  {
    // QRESYNC tells by it what a client cannot know yet.
    what: 'membership.createdModSeq',
    sql: `SELECT * FROM (
        SELECT account_id, mailbox_id, uid, email_id, created_mod_seq AS found,
          'above ' || lag(created_mod_seq) OVER by_uid AS expected, lag(created_mod_seq) OVER by_uid AS before
        FROM membership WHERE account_id = ?1 WINDOW by_uid AS (PARTITION BY mailbox_id ORDER BY uid))
      WHERE found <= before`,
  },
  {
    what: 'membership.modSeq',
    sql: `SELECT account_id, mailbox_id, uid, email_id, mod_seq AS found, 'at least ' || max(created_mod_seq, email_id) AS expected
      FROM membership WHERE account_id = ?1 AND mod_seq < max(created_mod_seq, email_id)`,
  },
  {
    what: 'membership.modSeqTwice',
    sql: `SELECT account_id, mailbox_id, max(uid) AS uid, mod_seq AS found, 'one that nothing else in the mailbox has' AS expected
      FROM membership WHERE account_id = ?1 GROUP BY mailbox_id, mod_seq HAVING count(*) > 1`,
  },
  {
    what: 'membership.isDeleted',
    sql: `SELECT account_id, mailbox_id, uid, email_id, is_deleted AS found, '0 or 1' AS expected
      FROM membership WHERE account_id = ?1 AND is_deleted NOT IN (0, 1)`,
  },
]
