import type { MailOp } from '@gatepost/core'

import { type Statements, statements } from '../../database/statement.ts'
import type { AccountTx } from '../account-tx.ts'
import type { RecordRow } from '../rows.ts'
import { recordKey } from './records.ts'

export const recordLoads: Statements<'ids' | 'rows'> = statements('recordLoads', {
  ids: `SELECT id FROM record WHERE account_id = $1 AND type = $2`,
  rows: `SELECT r.type, r.id, r.mod_seq, r.created_mod_seq, r.body
      FROM unnest($2::text[], $3::text[]) AS asked (type, id), record r
      WHERE r.account_id = $1 AND r.type = asked.type AND r.id = asked.id`,
})

/** What ops on records need: the records that they name, and the ids of their types, a thousand of each at most. One round trip. */
export async function loadRecords(tx: AccountTx, ops: readonly MailOp[]): Promise<void> {
  const named = new Map<string, { readonly type: string; readonly id: string }>()
  const types = new Set<string>()
  for (const op of ops) {
    if (op.op !== 'putRecord' && op.op !== 'deleteRecord') continue
    const { type, id } = op
    if (!tx.hasRecordIds(type)) types.add(type)
    if (id === null || tx.records.isKnown(recordKey(type, id))) continue
    named.set(recordKey(type, id), { type, id })
  }
  await Promise.all([...[...types].map((type) => loadIds(tx, type)), loadNamed(tx, named)])
}

async function loadIds(tx: AccountTx, type: string): Promise<void> {
  const rows = await tx.connection.rows<Pick<RecordRow, 'id'>>(recordLoads.ids, tx.id, type)
  tx.keepRecordIds(
    type,
    rows.map(({ id }) => id),
  )
}

async function loadNamed(
  tx: AccountTx,
  named: ReadonlyMap<string, { readonly type: string; readonly id: string }>,
): Promise<void> {
  if (named.size === 0) return
  const asked = [...named.values()]
  const rows = await tx.connection.rows<RecordRow>(
    recordLoads.rows,
    tx.id,
    asked.map(({ type }) => type),
    asked.map(({ id }) => id),
  )
  tx.records.load(rows, named.keys())
}
