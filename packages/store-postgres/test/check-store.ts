import type pg from 'pg'

/** How many more are unread for a viewer than for the owner. */
const differences = `SELECT s.account_id, s.viewer_id, m.mailbox_id, e.thread_id,
    sum(CASE position(' $seen ' IN e.keywords) WHEN 0 THEN -1 ELSE 1 END) AS counted
  FROM viewer_seen s JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
  JOIN membership m ON m.account_id = s.account_id AND m.email_id = s.email_id
  GROUP BY 1, 2, 3, 4 HAVING sum(CASE position(' $seen ' IN e.keywords) WHEN 0 THEN -1 ELSE 1 END) <> 0`

/** Each finds rows that are wrong: what is counted or named in two places has to agree. */
const rules: Readonly<Record<string, string>> = {
  'a blob counts what names it': `SELECT b.id, b.refs, count(r.blob_id) FROM blob b LEFT JOIN
      (SELECT blob_id FROM account_blob UNION ALL SELECT blob_id FROM queue_message) r ON r.blob_id = b.id
      GROUP BY b.id HAVING b.refs <> count(r.blob_id) OR b.refs = 0`,
  'content belongs to a blob': `SELECT blob_id FROM blob_chunk WHERE blob_id NOT IN (SELECT id FROM blob)
      UNION ALL SELECT blob_id FROM blob_index WHERE blob_id NOT IN (SELECT id FROM blob)`,
  'a blob has all of its chunks': `SELECT b.id FROM blob b LEFT JOIN blob_chunk c ON c.blob_id = b.id
      GROUP BY b.id HAVING count(c.number) <> (b.size + 262143) / 262144`,
  'an email has an index': `SELECT id FROM email WHERE blob_id NOT IN (SELECT blob_id FROM blob_index)`,
  'an account counts the emails over a blob': `SELECT a.account_id, a.blob_id FROM account_blob a
      LEFT JOIN email e ON e.account_id = a.account_id AND e.blob_id = a.blob_id
      GROUP BY a.account_id, a.blob_id, a.email_refs HAVING a.email_refs <> count(e.id)`,
  'an email is in a mailbox, a membership has an email': `SELECT account_id, id FROM email
      WHERE (account_id, id) NOT IN (SELECT account_id, email_id FROM membership)
      UNION ALL SELECT account_id, email_id FROM membership WHERE (account_id, email_id) NOT IN (SELECT account_id, id FROM email)`,
  'a thread counts its emails': `SELECT t.account_id, t.id, t.emails FROM thread t
      FULL JOIN email e ON e.account_id = t.account_id AND e.thread_id = t.id
      GROUP BY t.account_id, t.id, t.emails HAVING t.emails IS DISTINCT FROM count(e.id)`,
  'a thread key has a thread': `SELECT account_id, thread_id FROM thread_key
      WHERE (account_id, thread_id) NOT IN (SELECT account_id, id FROM thread)`,
  'a mailbox counts the emails of each thread': `SELECT * FROM mailbox_thread mt FULL JOIN (
      SELECT m.account_id, m.mailbox_id, e.thread_id, count(*) AS emails, count(*) FILTER (WHERE position(' $seen ' IN e.keywords) = 0) AS unread
      FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id GROUP BY 1, 2, 3) r
      USING (account_id, mailbox_id, thread_id)
      WHERE mt.emails IS DISTINCT FROM r.emails OR mt.unread IS DISTINCT FROM r.unread`,
  'an account counts its viewers': `SELECT a.id FROM account a LEFT JOIN viewer v ON v.account_id = a.id
      GROUP BY a.id, a.viewers HAVING a.viewers <> count(v.id)`,
  'a viewer has seen emails that there are': `SELECT account_id, email_id FROM viewer_seen
      WHERE (account_id, email_id) NOT IN (SELECT account_id, id FROM email) OR viewer_id NOT IN (SELECT id FROM viewer)`,
  'the difference of a viewer in a thread is that of its emails': `SELECT * FROM viewer_thread vt FULL JOIN (${differences}) r
      USING (account_id, viewer_id, mailbox_id, thread_id) WHERE vt.unread IS DISTINCT FROM r.counted`,
  'the difference of a viewer in a mailbox is that of its threads': `SELECT * FROM
      (SELECT * FROM viewer_mailbox WHERE unread_emails <> 0 OR unread_threads <> 0) vm FULL JOIN (
      SELECT account_id, viewer_id, mailbox_id, sum(d.counted) AS emails, sum((t.unread + d.counted > 0)::int - (t.unread > 0)::int) AS threads
      FROM (${differences}) d JOIN mailbox_thread t USING (account_id, mailbox_id, thread_id) GROUP BY 1, 2, 3) r
      USING (account_id, viewer_id, mailbox_id)
      WHERE coalesce(vm.unread_emails, 0) <> coalesce(r.emails, 0) OR coalesce(vm.unread_threads, 0) <> coalesce(r.threads, 0)`,
  'expunged UIDs belong to a mailbox': `SELECT account_id, mailbox_id FROM expunged
      WHERE (account_id, mailbox_id) NOT IN (SELECT account_id, id FROM mailbox)`,
  'no modseq is above that of the account': `SELECT a.id FROM account a JOIN (
      SELECT account_id, mod_seq FROM email UNION ALL SELECT account_id, mod_seq FROM mailbox UNION ALL
      SELECT account_id, mod_seq FROM thread UNION ALL SELECT account_id, mod_seq FROM tombstone UNION ALL
      SELECT account_id, mod_seq FROM record UNION ALL SELECT account_id, mod_seq FROM record_tombstone) m
      ON m.account_id = a.id WHERE m.mod_seq > a.mod_seq`,
}

/** Fails a test that leaves a problem behind. */
export async function checkStore(client: pg.Client): Promise<void> {
  for (const [rule, sql] of Object.entries(rules)) {
    const { rows } = await client.query(sql)
    if (rows.length > 0) throw new Error(`not so: ${rule}: ${JSON.stringify(rows.slice(0, 3))}`)
  }
}
