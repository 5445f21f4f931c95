import type { Sql } from '../sql.ts'
import type { AccountTx } from './account-tx.ts'

/** Copies in one mailbox, those of one transaction: nothing else has a UID among them. */
export interface UnfinishedCopy {
  readonly id: number
  readonly account_id: number
  readonly mailbox_id: number
  readonly first_uid: number
  readonly last_uid: number
}

/** Notes copies that are to go unless the rest is made as well; answers the id of the note. */
export function noteCopies(tx: AccountTx, mailbox: number, uids: readonly number[]): number {
  const [first = 0] = uids
  return tx.sql.insert(
    'INSERT INTO unfinished_copy (account_id, mailbox_id, first_uid, last_uid) VALUES (?, ?, ?, ?)',
    tx.id,
    mailbox,
    first,
    uids.at(-1) ?? first,
  )
}

/** They are complete, or gone. */
export function forgetCopies(sql: Sql, ids: readonly number[]): void {
  if (ids.length === 0) return
  sql.run(
    'DELETE FROM unfinished_copy WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(ids),
  )
}

/** With an id up to `until`. */
export function nextUnfinished(sql: Sql, until: number): UnfinishedCopy | undefined {
  return sql.get<UnfinishedCopy>(
    'SELECT id, account_id, mailbox_id, first_uid, last_uid FROM unfinished_copy WHERE id <= ? ORDER BY id LIMIT 1',
    until,
  )
}

/** 0: there is none. */
export function lastUnfinished(sql: Sql): number {
  const row = sql.get<{ id: number }>(
    'SELECT id FROM unfinished_copy WHERE id > 0 ORDER BY id DESC LIMIT 1',
  )
  return row?.id ?? 0
}
