import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const mailboxRules: readonly Rule[] = [
  {
    what: 'mailbox.uidValidity',
    sql: `SELECT account_id, max(id) AS mailbox_id, uid_validity AS found, 'one that no other mailbox has' AS expected
      FROM mailbox WHERE account_id = ?1 GROUP BY uid_validity HAVING count(*) > 1`,
  },
  {
    what: 'mailbox.uidNext',
    sql: `WITH used (mailbox_id, uid) AS (
        SELECT mailbox_id, max(uid) FROM membership WHERE account_id = ?1 GROUP BY mailbox_id
        UNION ALL SELECT mailbox_id, max(uid) FROM expunged WHERE account_id = ?1 GROUP BY mailbox_id)
      SELECT b.account_id, b.id AS mailbox_id, b.uid_next AS found, 'above ' || max(u.uid) AS expected
      FROM mailbox b JOIN used u ON u.mailbox_id = b.id WHERE b.account_id = ?1 GROUP BY b.id HAVING b.uid_next <= max(u.uid)`,
  },
  {
    what: 'mailbox.highestModSeq',
    sql: `WITH used (mailbox_id, mod_seq) AS (
        SELECT mailbox_id, max(mod_seq) FROM membership WHERE account_id = ?1 GROUP BY mailbox_id
        UNION ALL SELECT mailbox_id, max(mod_seq) FROM expunged WHERE account_id = ?1 GROUP BY mailbox_id)
      SELECT b.account_id, b.id AS mailbox_id, b.highest_mod_seq AS found, 'at least ' || max(u.mod_seq) AS expected
      FROM mailbox b JOIN used u ON u.mailbox_id = b.id WHERE b.account_id = ?1
      GROUP BY b.id HAVING b.highest_mod_seq < max(u.mod_seq)`,
  },
  {
    what: 'mailbox.modSeq',
    sql: `SELECT account_id, id AS mailbox_id, mod_seq AS found, 'at least ' || max(id, properties_mod_seq) AS expected
      FROM mailbox WHERE account_id = ?1 AND mod_seq < max(id, properties_mod_seq)`,
  },
  {
    what: 'mailbox.modSeqTwice',
    sql: `SELECT account_id, max(id) AS mailbox_id, mod_seq AS found, 'one that no other mailbox has' AS expected
      FROM mailbox WHERE account_id = ?1 GROUP BY mod_seq HAVING count(*) > 1`,
  },
  {
    what: 'mailbox.isSelectable',
    sql: `SELECT b.account_id, b.id AS mailbox_id, 'no email and no role' AS expected,
        b.total_emails || ' emails, ' || coalesce('role ' || b.role, 'no role') AS found
      FROM mailbox b WHERE b.account_id = ?1 AND b.is_selectable = 0 AND (b.role IS NOT NULL
        OR EXISTS (SELECT 1 FROM membership m WHERE m.account_id = b.account_id AND m.mailbox_id = b.id))`,
  },
]
