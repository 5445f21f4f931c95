import { isDeepStrictEqual } from 'node:util'

import type { MailOp, MailOpResults } from '@gatepost/core'
import { checkRecordCount, modSeq, recordNotFound } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'

interface RecordRow {
  readonly mod_seq: number
  readonly created_mod_seq: number
  readonly body: string
}

export function putRecord(
  tx: AccountTx,
  { type, id, body }: Extract<MailOp, { op: 'putRecord' }>,
): MailOpResults['putRecord'] {
  const text = JSON.stringify(body)
  const known = id === null ? undefined : findRecord(tx, type, id)
  if (known === undefined) return insertRecord(tx, { type, id, text })
  const written = { id: id ?? '', modSeq: modSeq(known.mod_seq) }
  if (known.body === text || isDeepStrictEqual(JSON.parse(known.body), JSON.parse(text)))
    return written
  const at = tx.nextModSeq()
  tx.sql.run(
    'UPDATE record SET mod_seq = ?, body = ? WHERE account_id = ? AND type = ? AND id = ?',
    at,
    text,
    tx.id,
    type,
    written.id,
  )
  return { ...written, modSeq: modSeq(at) }
}

function insertRecord(
  tx: AccountTx,
  { type, id, text }: { readonly type: string; readonly id: string | null; readonly text: string },
): MailOpResults['putRecord'] {
  checkRecordCount(countRecords(tx, type))
  let at = tx.nextModSeq()
  // A caller may have given an id of this form.
  if (id === null) while (findRecord(tx, type, `r${at}`) !== undefined) at = tx.nextModSeq()
  const own = id ?? `r${at}`
  tx.sql.run(
    'INSERT INTO record (account_id, type, id, mod_seq, created_mod_seq, body) VALUES (?, ?, ?, ?, ?, ?)',
    tx.id,
    type,
    own,
    at,
    at,
    text,
  )
  return { id: own, modSeq: modSeq(at) }
}

export function deleteRecord(
  tx: AccountTx,
  { type, id }: Extract<MailOp, { op: 'deleteRecord' }>,
): null {
  const row = findRecord(tx, type, id)
  if (row === undefined) throw recordNotFound()
  tx.sql.run('DELETE FROM record WHERE account_id = ? AND type = ? AND id = ?', tx.id, type, id)
  tx.sql.run(
    'INSERT INTO record_tombstone (account_id, mod_seq, type, id, created_mod_seq, gone_at) VALUES (?, ?, ?, ?, ?, ?)',
    tx.id,
    tx.nextModSeq(),
    type,
    id,
    row.created_mod_seq,
    tx.now,
  )
  return null
}

function findRecord(tx: AccountTx, type: string, id: string): RecordRow | undefined {
  return tx.sql.get<RecordRow>(
    'SELECT mod_seq, created_mod_seq, body FROM record WHERE account_id = ? AND type = ? AND id = ?',
    tx.id,
    type,
    id,
  )
}

function countRecords(tx: AccountTx, type: string): number {
  const row = tx.sql.get<{ count: number }>(
    'SELECT count(*) AS count FROM record WHERE account_id = ? AND type = ?',
    tx.id,
    type,
  )
  return row?.count ?? 0
}
