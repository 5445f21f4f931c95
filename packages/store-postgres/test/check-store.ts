import type pg from 'pg'

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
