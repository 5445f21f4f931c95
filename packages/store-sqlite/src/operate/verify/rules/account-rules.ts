import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const accountRules: readonly Rule[] = [
  {
    // An upload counts by itself only until an email uses its content.
    what: 'account.usedBytes',
    sql: `SELECT id AS account_id, used_bytes AS found,
        (SELECT coalesce(sum(size), 0) FROM email WHERE account_id = ?1)
        + (SELECT coalesce(sum(size), 0) FROM account_blob WHERE account_id = ?1 AND email_refs = 0) AS expected
      FROM account WHERE id = ?1 AND found <> expected`,
  },
  {
    what: 'account.usedEmails',
    sql: `SELECT id AS account_id, used_emails AS found, (SELECT count(*) FROM email WHERE account_id = ?1) AS expected
      FROM account WHERE id = ?1 AND found <> expected`,
  },
  {
    what: 'account.modSeq',
    sql: `WITH taken (mod_seq) AS (
        SELECT max(mod_seq) FROM email WHERE account_id = ?1
        UNION ALL SELECT max(mod_seq) FROM membership WHERE account_id = ?1
        UNION ALL SELECT max(max(highest_mod_seq, mod_seq, properties_mod_seq, id)) FROM mailbox WHERE account_id = ?1
        UNION ALL SELECT max(mod_seq) FROM thread WHERE account_id = ?1
        UNION ALL SELECT max(mod_seq) FROM record WHERE account_id = ?1)
      SELECT id AS account_id, mod_seq AS found, 'at least ' || (SELECT max(mod_seq) FROM taken) AS expected
      FROM account WHERE id = ?1 AND mod_seq < (SELECT max(mod_seq) FROM taken)`,
  },
  {
    what: 'account.trimmedModSeq',
    sql: `SELECT id AS account_id, trimmed_mod_seq AS found, 'at most ' || mod_seq AS expected
      FROM account WHERE id = ?1 AND trimmed_mod_seq > mod_seq`,
  },
  {
    what: 'account.lastUidValidity',
    sql: `SELECT id AS account_id, last_uid_validity AS found,
        'at least ' || (SELECT max(uid_validity) FROM mailbox WHERE account_id = ?1) AS expected
      FROM account WHERE id = ?1 AND last_uid_validity < (SELECT max(uid_validity) FROM mailbox WHERE account_id = ?1)`,
  },
  {
    what: 'keyword.spelling',
    sql: `SELECT account_id, name AS expected, spelling AS found FROM keyword WHERE account_id = ?1 AND lower(spelling) <> name`,
  },
]
