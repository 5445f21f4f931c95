import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const emailRules: readonly Rule[] = [
  {
    what: 'email.mailbox',
    sql: `SELECT e.account_id, e.id AS email_id, 'a mailbox at least' AS expected, 'none' AS found FROM email e
      WHERE e.account_id = ?1 AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.account_id = e.account_id AND m.email_id = e.id)`,
  },
  {
    what: 'email.modSeq',
    sql: `SELECT account_id, id AS email_id, mod_seq AS found, 'at least ' || id AS expected
      FROM email WHERE account_id = ?1 AND mod_seq < id`,
  },
  {
    what: 'email.modSeqTwice',
    sql: `SELECT account_id, max(id) AS email_id, mod_seq AS found, 'one that no other email has' AS expected
      FROM email WHERE account_id = ?1 GROUP BY mod_seq HAVING count(*) > 1`,
  },
  {
    what: 'email.blob',
    sql: `SELECT e.account_id, e.id AS email_id, e.size || ' bytes, hash ' || e.hash AS expected,
        coalesce(b.size || ' bytes, hash ' || b.hash, 'no content') AS found
      FROM email e LEFT JOIN blob b ON b.id = e.blob_id WHERE e.account_id = ?1 AND (b.hash IS NOT e.hash OR b.size IS NOT e.size)`,
  },
  {
    what: 'email.thread',
    sql: `SELECT e.account_id, e.id AS email_id, e.thread_id, 'a thread' AS expected, 'none' AS found
      FROM email e LEFT JOIN thread t ON t.account_id = e.account_id AND t.id = e.thread_id
      WHERE e.account_id = ?1 AND t.id IS NULL`,
  },
  {
    what: 'email.index',
    sql: `SELECT e.account_id, e.id AS email_id, 'a MIME index' AS expected, 'none' AS found
      FROM email e LEFT JOIN blob_index i ON i.blob_id = e.blob_id WHERE e.account_id = ?1 AND i.blob_id IS NULL`,
  },
  {
    what: 'email.text',
    sql: `SELECT e.account_id, e.id AS email_id, 'a text to search' AS expected, 'none' AS found
      FROM email e LEFT JOIN blob_text x ON x.blob_id = e.blob_id WHERE e.account_id = ?1 AND x.blob_id IS NULL`,
  },
  {
    what: 'accountBlob.emailRefs',
    sql: `SELECT ?1 AS account_id, blob_id, sum(emails) AS expected, coalesce(max(refs), 'none') AS found FROM (
        SELECT blob_id, count(*) AS emails, NULL AS refs FROM email WHERE account_id = ?1 GROUP BY blob_id
        UNION ALL SELECT blob_id, 0, email_refs FROM account_blob WHERE account_id = ?1)
      GROUP BY blob_id HAVING max(refs) IS NOT sum(emails)`,
  },
  {
    what: 'accountBlob.blob',
    sql: `SELECT a.account_id, a.blob_id, a.size || ' bytes' AS expected, coalesce(b.size || ' bytes', 'no content') AS found
      FROM account_blob a LEFT JOIN blob b ON b.id = a.blob_id WHERE a.account_id = ?1 AND b.size IS NOT a.size`,
  },
]

/** What deep verification adds: the columns that are taken from the MIME index. */
export const deepEmailRules: readonly Rule[] = [
  {
    what: 'email.columns',
    sql: `SELECT * FROM (
        SELECT e.account_id, e.id AS email_id,
          coalesce(e.sent_at, 'no date') || ', ' || coalesce(e.sent_day, 'no day') || ', ' || e.has_attachment AS found,
          coalesce(i.mime ->> '$.envelope.sentAt', 'no date') || ', ' || coalesce(i.mime ->> '$.envelope.sentDay', 'no day')
            || ', ' || (i.mime ->> '$.hasAttachment') AS expected
        FROM email e JOIN blob_index i ON i.blob_id = e.blob_id WHERE e.account_id = ?1 AND json_valid(i.mime))
      WHERE found IS NOT expected`,
  },
]
