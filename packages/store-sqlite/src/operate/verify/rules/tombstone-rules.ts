import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const tombstoneRules: readonly Rule[] = [
  {
    what: 'tombstone.modSeq',
    sql: `WITH gone AS (
        SELECT account_id, NULL AS mailbox_id, NULL AS uid, mod_seq FROM tombstone WHERE account_id = ?1
        UNION ALL SELECT account_id, mailbox_id, uid, mod_seq FROM expunged WHERE account_id = ?1
        UNION ALL SELECT account_id, NULL, NULL, mod_seq FROM record_tombstone WHERE account_id = ?1)
      SELECT g.account_id, g.mailbox_id, g.uid, g.mod_seq AS found, 'above ' || a.trimmed_mod_seq || ' and at most ' || a.mod_seq AS expected
      FROM gone g JOIN account a ON a.id = g.account_id WHERE g.mod_seq <= a.trimmed_mod_seq OR g.mod_seq > a.mod_seq`,
  },
  {
    what: 'tombstone.order',
    sql: `SELECT account_id, NULL AS mailbox_id, NULL AS uid, mod_seq AS found, 'above ' || id AS expected
        FROM tombstone WHERE account_id = ?1 AND mod_seq <= id
      UNION ALL SELECT account_id, mailbox_id, uid, mod_seq, 'above ' || created_mod_seq
        FROM expunged WHERE account_id = ?1 AND mod_seq <= created_mod_seq
      UNION ALL SELECT account_id, NULL, NULL, mod_seq, 'above ' || created_mod_seq
        FROM record_tombstone WHERE account_id = ?1 AND mod_seq <= created_mod_seq`,
  },
  {
    what: 'tombstone.alive',
    sql: `SELECT t.account_id, e.id AS email_id, NULL AS mailbox_id, NULL AS thread_id, 'no such email' AS expected, 'an email' AS found
        FROM tombstone t JOIN email e ON t.kind = 1 AND e.account_id = t.account_id AND e.id = t.id WHERE t.account_id = ?1
      UNION ALL SELECT t.account_id, NULL, b.id, NULL, 'no such mailbox', 'a mailbox'
        FROM tombstone t JOIN mailbox b ON t.kind = 2 AND b.account_id = t.account_id AND b.id = t.id WHERE t.account_id = ?1
      UNION ALL SELECT t.account_id, NULL, NULL, h.id, 'no such thread', 'a thread'
        FROM tombstone t JOIN thread h ON t.kind = 3 AND h.account_id = t.account_id AND h.id = t.id WHERE t.account_id = ?1`,
  },
  {
    what: 'expunged.alive',
    sql: `SELECT x.account_id, x.mailbox_id, x.uid, m.email_id, 'no such UID' AS expected, 'an email' AS found
      FROM expunged x JOIN membership m ON m.account_id = x.account_id AND m.mailbox_id = x.mailbox_id AND m.uid = x.uid
      WHERE x.account_id = ?1`,
  },
  {
    // What was expunged from a mailbox that is destroyed is trimmed before the mailbox's tombstone.
    what: 'expunged.mailbox',
    sql: `SELECT x.account_id, x.mailbox_id, x.uid, 'a mailbox' AS expected, 'none' AS found
      FROM expunged x LEFT JOIN mailbox b ON b.account_id = x.account_id AND b.id = x.mailbox_id
      WHERE x.account_id = ?1 AND b.id IS NULL
        AND x.mailbox_id NOT IN (SELECT id FROM tombstone WHERE account_id = ?1 AND kind = 2)`,
  },
]
