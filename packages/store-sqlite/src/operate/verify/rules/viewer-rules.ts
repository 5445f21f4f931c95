import type { Rule } from './rule.ts'

/** By viewer, mailbox and thread: how many more are unread than for the owner. */
const recounted = `SELECT s.viewer_id, m.mailbox_id, e.thread_id,
    sum(iif(instr(e.keywords, ' $seen ') = 0, -1, 1)) AS unread
  FROM viewer v JOIN viewer_seen s INDEXED BY viewer_seen_viewer ON s.viewer_id = v.id AND s.account_id = v.account_id
  JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
  JOIN membership m INDEXED BY membership_email ON m.account_id = s.account_id AND m.email_id = s.email_id
  WHERE v.account_id = ?1 GROUP BY s.viewer_id, m.mailbox_id, e.thread_id HAVING unread <> 0`

/** Each is asked for every account, which is `?1`. What viewers have left that are gone is being removed. */
export const viewerRules: readonly Rule[] = [
  {
    what: 'account.viewers',
    sql: `SELECT id AS account_id, viewers AS found, (SELECT count(*) FROM viewer WHERE account_id = ?1) AS expected
      FROM account WHERE id = ?1 AND found <> expected`,
  },
  {
    what: 'viewer.access',
    sql: `SELECT ?1 AS account_id, 'as many principals as have access' AS expected, count(*) || ' others' AS found FROM (
        SELECT coalesce(v.principal_id, x.principal_id) FROM (SELECT principal_id FROM viewer WHERE account_id = ?1) v
        FULL JOIN (SELECT DISTINCT principal_id FROM access WHERE account_id = ?1) x ON x.principal_id = v.principal_id
        WHERE v.principal_id IS NULL OR x.principal_id IS NULL)
      HAVING count(*) > 0`,
  },
  {
    what: 'viewerSeen.email',
    sql: `SELECT s.account_id, s.email_id, 'an email' AS expected, 'none' AS found FROM viewer_seen s
      LEFT JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
      WHERE s.account_id = ?1 AND e.id IS NULL AND s.viewer_id IN (SELECT id FROM viewer WHERE account_id = ?1)`,
  },
  ...['viewer_seen', 'viewer_thread', 'viewer_mailbox'].map((table) => ({
    what: `${table}.viewer`,
    sql: `SELECT ?1 AS account_id, 'a viewer' AS expected, count(*) || ' rows without one' AS found FROM ${table}
      WHERE account_id = ?1 AND viewer_id NOT IN (SELECT id FROM viewer WHERE account_id = ?1 UNION ALL SELECT id FROM deleted_viewer)
      HAVING count(*) > 0`,
  })),
  {
    what: 'viewerThread.unread',
    sql: `SELECT ?1 AS account_id, mailbox_id, thread_id, sum(counted) AS expected, sum(kept) AS found FROM (
        SELECT viewer_id, mailbox_id, thread_id, unread AS counted, 0 AS kept FROM (${recounted})
        UNION ALL SELECT viewer_id, mailbox_id, thread_id, 0, unread FROM viewer_thread
          WHERE account_id = ?1 AND viewer_id IN (SELECT id FROM viewer WHERE account_id = ?1))
      GROUP BY viewer_id, mailbox_id, thread_id HAVING sum(counted) <> sum(kept)`,
  },
  {
    what: 'viewerMailbox.counters',
    sql: `SELECT ?1 AS account_id, mailbox_id, sum(emails) || ' emails, ' || sum(threads) || ' threads more' AS expected,
        sum(kept_emails) || ' emails, ' || sum(kept_threads) || ' threads more' AS found FROM (
        SELECT d.viewer_id, d.mailbox_id, d.unread AS emails,
          (coalesce(t.unread, 0) + d.unread > 0) - (coalesce(t.unread, 0) > 0) AS threads, 0 AS kept_emails, 0 AS kept_threads
        FROM (${recounted}) d LEFT JOIN mailbox_thread t
          ON t.account_id = ?1 AND t.mailbox_id = d.mailbox_id AND t.thread_id = d.thread_id
        UNION ALL SELECT viewer_id, mailbox_id, 0, 0, unread_emails, unread_threads FROM viewer_mailbox
          WHERE account_id = ?1 AND viewer_id IN (SELECT id FROM viewer WHERE account_id = ?1))
      GROUP BY viewer_id, mailbox_id HAVING sum(emails) <> sum(kept_emails) OR sum(threads) <> sum(kept_threads)`,
  },
]
