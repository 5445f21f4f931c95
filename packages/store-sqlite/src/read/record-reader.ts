import type { AccountRecord, JsonValue, RecordReader } from '@gatepost/core'
import { checkRecordId, checkRecordType, modSeq } from '@gatepost/store-model'

import type { Snapshot } from './snapshot.ts'

const mostOfPage = 500

type Row = readonly [id: string, modSeq: number, body: string]

export class SqliteRecordReader implements RecordReader {
  readonly #snapshot: Snapshot
  readonly #account: number

  constructor(snapshot: Snapshot, account: number) {
    this.#snapshot = snapshot
    this.#account = account
  }

  async get(type: string, ids: readonly string[]): Promise<readonly AccountRecord[]> {
    checkRecordType(type)
    const rows = this.#snapshot.sql.rows<Row>(
      `SELECT r.id, r.mod_seq, r.body FROM json_each(?)
         JOIN record r ON r.account_id = ? AND r.type = ? AND r.id = json_each.value ORDER BY json_each.key`,
      JSON.stringify(ids),
      this.#account,
      type,
    )
    return rows.map((row) => recordOf(type, row))
  }

  async page(type: string, afterId: string, limit: number): Promise<readonly AccountRecord[]> {
    checkRecordType(type)
    if (afterId !== '') checkRecordId(afterId)
    const rows = this.#snapshot.sql.rows<Row>(
      'SELECT id, mod_seq, body FROM record WHERE account_id = ? AND type = ? AND id > ? ORDER BY id LIMIT ?',
      this.#account,
      type,
      afterId,
      Math.min(limit, mostOfPage),
    )
    return rows.map((row) => recordOf(type, row))
  }
}

function recordOf(type: string, [id, at, body]: Row): AccountRecord {
  return { type, id, modSeq: modSeq(at), body: JSON.parse(body) as JsonValue }
}
