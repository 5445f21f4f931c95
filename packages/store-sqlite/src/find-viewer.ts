import type { PrincipalId } from '@gatepost/core'
import { accountNotFound, keyOf } from '@gatepost/store-model'

import type { Sql } from './sql.ts'

/** The key of a viewer of an account. @throws MailError notFound `account.notFound`: it is not shared with them */
export function findViewer(sql: Sql, account: number, principal: PrincipalId): number {
  const row = sql.get<{ id: number }>(
    'SELECT id FROM viewer WHERE account_id = ? AND principal_id = ?',
    account,
    keyOf('p', principal),
  )
  if (row === undefined) throw accountNotFound()
  return row.id
}
