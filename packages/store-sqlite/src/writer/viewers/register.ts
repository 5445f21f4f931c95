import type { Sql } from '../../sql.ts'

/** What a change of an account costs grows with them. */
export const maxViewers = 128

/** Where they are none yet. False: the account has too many. */
export function addViewer(sql: Sql, account: number, principal: number): boolean {
  const known = sql.get(
    'SELECT 1 FROM viewer WHERE account_id = ? AND principal_id = ?',
    account,
    principal,
  )
  if (known !== undefined) return true
  sql.run('INSERT INTO viewer (account_id, principal_id) VALUES (?, ?)', account, principal)
  const row = sql.get<{ viewers: number }>(
    'UPDATE account SET viewers = viewers + 1 WHERE id = ? RETURNING viewers',
    account,
  )
  return (row?.viewers ?? 0) <= maxViewers
}

/** Those of the account who have no access to anything in it any more; answers who. What they had apart is removed in slices (`purgeViewers`). */
export function removeViewersWithoutAccess(sql: Sql, account: number): readonly number[] {
  const gone = sql
    .all<{ id: number }>(
      `SELECT id FROM viewer WHERE account_id = ? AND NOT EXISTS
         (SELECT 1 FROM access WHERE access.principal_id = viewer.principal_id AND access.account_id = viewer.account_id)`,
      account,
    )
    .map(({ id }) => id)
  for (const viewer of gone) removeViewer(sql, account, viewer)
  return gone
}

/** A principal that is deleted, in all accounts. */
export function removeViewersOf(sql: Sql, principal: number): void {
  const places = sql.all<{ id: number; account_id: number }>(
    'SELECT id, account_id FROM viewer WHERE principal_id = ?',
    principal,
  )
  for (const { id, account_id: account } of places) removeViewer(sql, account, id)
}

function removeViewer(sql: Sql, account: number, viewer: number): void {
  sql.run('DELETE FROM viewer WHERE id = ?', viewer)
  sql.run('INSERT INTO deleted_viewer (id) VALUES (?)', viewer)
  sql.run('UPDATE account SET viewers = viewers - 1 WHERE id = ?', account)
}
