import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const threadRules: readonly Rule[] = [
  {
    what: 'thread.emails',
    sql: `SELECT t.account_id, t.id AS thread_id, t.emails AS found,
        (SELECT count(*) FROM email e WHERE e.account_id = t.account_id AND e.thread_id = t.id) AS expected
      FROM thread t WHERE t.account_id = ?1 AND found <> expected`,
  },
  {
    what: 'thread.empty',
    sql: `SELECT t.account_id, t.id AS thread_id, 'emails' AS expected, 'none' AS found FROM thread t WHERE t.account_id = ?1 AND t.emails = 0`,
  },
  {
    what: 'thread.modSeq',
    sql: `SELECT account_id, id AS thread_id, mod_seq AS found, 'at least ' || id AS expected
      FROM thread WHERE account_id = ?1 AND mod_seq < id`,
  },
  {
    what: 'thread.modSeqTwice',
    sql: `SELECT account_id, max(id) AS thread_id, mod_seq AS found, 'one that no other thread has' AS expected
      FROM thread WHERE account_id = ?1 GROUP BY mod_seq HAVING count(*) > 1`,
  },
  {
    what: 'threadKey.thread',
    sql: `SELECT k.account_id, k.thread_id, 'a thread' AS expected, 'none' AS found
      FROM thread_key k LEFT JOIN thread t ON t.account_id = k.account_id AND t.id = k.thread_id
      WHERE k.account_id = ?1 AND t.id IS NULL`,
  },
  {
    what: 'mailboxThread.counts',
    sql: `SELECT ?1 AS account_id, mailbox_id, thread_id, sum(emails) || ' emails, ' || sum(unread) || ' unread' AS expected,
        coalesce(max(had) || ' emails, ' || max(had_unread) || ' unread', 'none') AS found FROM (
        SELECT m.mailbox_id, e.thread_id, count(*) AS emails, sum(instr(e.keywords, ' $seen ') = 0) AS unread,
          NULL AS had, NULL AS had_unread
        FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
        WHERE m.account_id = ?1 GROUP BY m.mailbox_id, e.thread_id
        UNION ALL SELECT mailbox_id, thread_id, 0, 0, emails, unread FROM mailbox_thread WHERE account_id = ?1)
      GROUP BY mailbox_id, thread_id HAVING max(had) IS NOT sum(emails) OR max(had_unread) IS NOT sum(unread)`,
  },
]
