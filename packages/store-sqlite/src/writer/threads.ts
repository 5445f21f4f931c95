import type { AccountTx } from './account-tx.ts'

/**
 * The thread that a message joins, made when none is found. When it links two threads, the older one takes it and both stay:
 * a thread id never changes (RFC 8621 section 4.1.1).
 */
export function joinThread(tx: AccountTx, keys: readonly Uint8Array[]): number {
  const known = oldestThread(tx, keys)
  const thread = known ?? newThread(tx)
  for (const key of keys)
    tx.sql.run(
      'INSERT OR IGNORE INTO thread_key (account_id, key, thread_id) VALUES (?, ?, ?)',
      tx.id,
      key,
      thread,
    )
  if (known !== undefined) addToThread(tx, known)
  return thread
}

export function addToThread(tx: AccountTx, thread: number): void {
  tx.sql.run('UPDATE thread SET emails = emails + 1 WHERE account_id = ? AND id = ?', tx.id, thread)
  tx.touchThread(thread)
}

/** The last email takes the thread with it. */
export function leaveThread(tx: AccountTx, thread: number): void {
  const row = tx.sql.get<{ emails: number }>(
    'UPDATE thread SET emails = emails - 1 WHERE account_id = ? AND id = ? RETURNING emails',
    tx.id,
    thread,
  )
  if (row === undefined) throw new Error(`account ${tx.id} lacks thread ${thread}`)
  if (row.emails > 0) {
    tx.touchThread(thread)
    return
  }
  tx.sql.run('DELETE FROM thread WHERE account_id = ? AND id = ?', tx.id, thread)
  tx.sql.run('DELETE FROM thread_key WHERE account_id = ? AND thread_id = ?', tx.id, thread)
  tx.forgetThread(thread)
  tx.bury('thread', thread, tx.nextModSeq())
}

function oldestThread(tx: AccountTx, keys: readonly Uint8Array[]): number | undefined {
  let oldest: number | undefined
  for (const key of keys) {
    const row = tx.sql.get<{ thread_id: number }>(
      'SELECT thread_id FROM thread_key WHERE account_id = ? AND key = ?',
      tx.id,
      key,
    )
    if (row !== undefined && (oldest === undefined || row.thread_id < oldest))
      oldest = row.thread_id
  }
  return oldest
}

/** With one email, which the caller adds. */
function newThread(tx: AccountTx): number {
  const id = tx.nextModSeq()
  tx.sql.run(
    'INSERT INTO thread (account_id, id, mod_seq, emails) VALUES (?, ?, ?, 1)',
    tx.id,
    id,
    id,
  )
  return id
}
