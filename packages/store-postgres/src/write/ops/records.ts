import { isDeepStrictEqual } from 'node:util'

import type { MailOp, MailOpResults } from '@gatepost/core'
import { checkRecordCount, modSeq, recordNotFound } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'

/** The op's record and the ids of its type are loaded (`loadRecords`). */
export function putRecord(
  tx: AccountTx,
  { type, id, body }: Extract<MailOp, { op: 'putRecord' }>,
): MailOpResults['putRecord'] {
  const text = JSON.stringify(body)
  const row = id === null ? undefined : tx.records.get(recordKey(type, id))
  if (row === undefined) return insertRecord(tx, { type, id, text })
  const isSame = row.body === text || isDeepStrictEqual(JSON.parse(row.body), JSON.parse(text))
  if (!isSame) {
    row.mod_seq = tx.nextModSeq()
    row.body = text
    tx.records.touch(row)
  }
  return { id: row.id, modSeq: modSeq(row.mod_seq) }
}

function insertRecord(
  tx: AccountTx,
  { type, id, text }: { readonly type: string; readonly id: string | null; readonly text: string },
): MailOpResults['putRecord'] {
  const ids = tx.recordIds(type)
  checkRecordCount(ids.size)
  let at = tx.nextModSeq()
  // A caller may have given an id of this form.
  if (id === null) while (ids.has(`r${at}`)) at = tx.nextModSeq()
  const own = id ?? `r${at}`
  tx.records.add({ type, id: own, mod_seq: at, created_mod_seq: at, body: text })
  ids.add(own)
  return { id: own, modSeq: modSeq(at) }
}

/** As for `putRecord`. */
export function deleteRecord(
  tx: AccountTx,
  { type, id }: Extract<MailOp, { op: 'deleteRecord' }>,
): null {
  const row = tx.records.get(recordKey(type, id))
  if (row === undefined) throw recordNotFound()
  tx.records.delete(row)
  tx.recordIds(type).delete(id)
  tx.additions.recordTombstones.push({
    mod_seq: tx.nextModSeq(),
    type,
    id,
    created_mod_seq: row.created_mod_seq,
  })
  return null
}

/** Neither has a space in it. */
export function recordKey(type: string, id: string): string {
  return `${type} ${id}`
}
