import { tablesOfAccount } from '../../../writer/slices/purge-account.ts'
import type { Rule } from './rule.ts'

/** What holds for the store as a whole. */
export const storeRules: readonly Rule[] = [
  {
    what: 'blob.refs',
    sql: `WITH named AS (
        SELECT blob_id, count(*) AS refs FROM (SELECT blob_id FROM account_blob UNION ALL SELECT blob_id FROM queue_message) GROUP BY blob_id)
      SELECT b.id AS blob_id, coalesce(n.refs, 0) AS expected, b.refs AS found
      FROM blob b LEFT JOIN named n ON n.blob_id = b.id
      WHERE (b.refs IS NOT coalesce(n.refs, 0) OR b.refs < 1) AND (n.refs IS NOT NULL OR b.refs <> 0 OR b.hash NOT LIKE 'staging:%')`,
  },
  {
    what: 'blob.owner',
    sql: ['blob_index', 'blob_text', 'stale_index']
      .map(
        (table) => `SELECT x.blob_id, 'a blob' AS expected, 'only its row in ${table}' AS found
          FROM ${table} x LEFT JOIN blob b ON b.id = x.blob_id WHERE b.id IS NULL`,
      )
      .join(' UNION ALL '),
  },
  {
    what: 'chunk.blob',
    sql: `SELECT DISTINCT c.id / 4096 AS blob_id, 'a blob' AS expected, 'only its chunks' AS found
      FROM blob_chunk c LEFT JOIN blob b ON b.id = c.id / 4096 WHERE b.id IS NULL`,
  },
  {
    // An id is never given twice: what is derived from the database goes by it.
    what: 'store.lastId',
    sql: ['account', 'blob', 'queue_message', 'principal', 'credential', 'viewer']
      .map(
        (
          table,
        ) => `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '${table}'), 0) AS found,
          'at least ' || (SELECT max(id) FROM ${table}) AS expected
          WHERE (SELECT max(id) FROM ${table}) > coalesce((SELECT seq FROM sqlite_sequence WHERE name = '${table}'), 0)`,
      )
      .join(' UNION ALL '),
  },
  {
    what: 'store.identity',
    sql: `SELECT count(*) AS found, 1 AS expected FROM identity HAVING count(*) <> 1`,
  },
  {
    what: 'alias.address',
    sql: `SELECT a.id AS account_id, 'no alias with the address of an account' AS expected, l.address AS found
      FROM alias l JOIN account a ON a.address = l.address`,
  },
  {
    what: 'account.principal',
    sql: `SELECT a.id AS account_id, 'a principal ' || a.address AS expected, coalesce(p.name, 'none') AS found
      FROM account a LEFT JOIN principal p ON p.id = a.principal_id WHERE p.name IS NOT a.address`,
  },
  {
    what: 'principal.account',
    sql: `SELECT 'an account' AS expected, 'none of ' || p.name AS found
      FROM principal p LEFT JOIN account a ON a.principal_id = p.id WHERE a.id IS NULL`,
  },
  ...['credential', 'access', 'viewer'].map((table) => ({
    what: `${table}.principal`,
    sql: `SELECT 'a principal' AS expected, count(*) || ' rows without one' AS found
      FROM ${table} WHERE principal_id NOT IN (SELECT id FROM principal) GROUP BY principal_id`,
  })),
  {
    what: 'access.mailbox',
    sql: `SELECT x.account_id, x.mailbox_id, 'a mailbox' AS expected, 'only grants' AS found
      FROM access x JOIN account a ON a.id = x.account_id LEFT JOIN mailbox m ON m.account_id = x.account_id AND m.id = x.mailbox_id
      WHERE x.mailbox_id <> 0 AND m.id IS NULL GROUP BY x.account_id, x.mailbox_id`,
  },
  {
    what: 'queue.blob',
    sql: `SELECT q.id AS queue_id, q.blob_id, q.size || ' bytes' AS expected, coalesce(b.size || ' bytes', 'no content') AS found
      FROM queue_message q LEFT JOIN blob b ON b.id = q.blob_id WHERE b.size IS NOT q.size`,
  },
  {
    what: 'queue.recipients',
    sql: `SELECT q.id AS queue_id, 'a recipient at least' AS expected, 'none' AS found FROM queue_message q
      WHERE NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.queue_id = q.id)`,
  },
  {
    what: 'queue.message',
    sql: `SELECT DISTINCT r.queue_id, 'a message' AS expected, 'only recipients' AS found
      FROM queue_recipient r LEFT JOIN queue_message q ON q.id = r.queue_id WHERE q.id IS NULL`,
  },
  {
    what: 'queue.account',
    sql: `SELECT q.id AS queue_id, q.account_id, 'an account' AS expected, 'none' AS found
      FROM queue_message q LEFT JOIN account a ON a.id = q.account_id WHERE q.account_id IS NOT NULL AND a.id IS NULL`,
  },
  ...tablesOfAccount.map((table) => ({
    what: `${table}.account`,
    sql: `SELECT account_id, 'an account' AS expected, count(*) || ' rows without one' AS found
      FROM ${table} WHERE account_id NOT IN (SELECT id FROM account UNION ALL SELECT id FROM deleted_account) GROUP BY account_id`,
  })),
]
