import type pg from 'pg'

const accounts = 20
const emails = 2_000

/** Accounts, some of them with mail, so that the planner has something to weigh: rows that only look like mail. */
export async function fill(client: pg.Client): Promise<void> {
  const each = `generate_series(1, ${accounts}) AS a (a), generate_series(1, ${emails}) AS n (n)`
  const statements = [
    `INSERT INTO account (address, password_hash, created_at) SELECT 'a' || n, '', 0 FROM generate_series(1, ${emails}) AS n`,
    `INSERT INTO mailbox SELECT a, n, 0, 'm' || n, CASE n WHEN 1 THEN 'inbox' END, true, true, 0, 1, 1, n, n, n, 0, 0, 0, 0, 0, 0
       FROM generate_series(1, ${accounts}) AS a, generate_series(1, 50) AS n`,
    `INSERT INTO blob (hash, size, refs) SELECT 'h' || n, 10, 1 FROM generate_series(1, ${accounts * emails}) AS n`,
    `INSERT INTO blob_chunk SELECT id, 0, 0, '\\x00' FROM blob`,
    `INSERT INTO blob_index SELECT id, 2, 2, '{}' FROM blob`,
    `INSERT INTO account_blob SELECT 1 + id % ${accounts}, id, 10, id % 2, id FROM blob`,
    `INSERT INTO email SELECT a, n, n, a * ${emails} + n, 'h', n, 10, n, 0, n, n, false, '', 0 FROM ${each}`,
    `INSERT INTO membership SELECT a, 1 + n % 50, n, n, n, n, n % 10 = 0, 0 FROM ${each}`,
    `INSERT INTO thread SELECT a, n, n, 1 FROM ${each}`,
    `INSERT INTO thread_key SELECT a, decode(md5(n::text), 'hex'), n FROM ${each}`,
    `INSERT INTO mailbox_thread SELECT a, n, 1 + n % 50, 1, 0 FROM ${each}`,
    `INSERT INTO tombstone SELECT a, 1 + n % 3, n, n, 0 FROM ${each}`,
    `INSERT INTO record SELECT a, 'T' || n % 4, 'r' || n, n, n, '1' FROM ${each}`,
    `INSERT INTO record_tombstone SELECT a, n, 'T' || n % 4, 'r' || n, n - 1, 0 FROM ${each}`,
    `INSERT INTO viewer (account_id, principal_id) SELECT a, n FROM generate_series(1, ${accounts}) AS a, generate_series(1, 100) AS n`,
    `INSERT INTO viewer_seen SELECT a, n, n % 100 FROM ${each}`,
    `INSERT INTO viewer_mailbox SELECT a, n % 40, n / 40, true, 0, 0 FROM ${each}`,
    `INSERT INTO viewer_thread SELECT a, n, 1 + n % 50, n % 100, 1 FROM ${each}`,
    `INSERT INTO expunged SELECT a, 1 + n % 50, n, n, n, 0 FROM ${each}`,
    `INSERT INTO keyword SELECT a, n, 'k' || n, 'K' || n FROM generate_series(1, ${accounts}) AS a, generate_series(1, 256) AS n`,
    `INSERT INTO queue_message (blob_id, reverse_path, dsn_return, is_tls_required, size, created_at) SELECT id, '', 'full', false, 1, 0 FROM blob`,
    `INSERT INTO queue_recipient SELECT id, 'd', 'a', '', NULL, 0 FROM queue_message`,
    'ANALYZE',
  ]
  for (const statement of statements) await client.query(statement)
}
