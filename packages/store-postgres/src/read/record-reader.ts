import type { AccountRecord, JsonValue, RecordReader } from '@gatepost/core'
import { checkRecordId, checkRecordType, isRecordId, modSeq } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { inOrder } from './in-order.ts'
import type { Snapshot } from './snapshot.ts'

const mostOfPage = 500

export const recordReads: Statements<'get' | 'page'> = statements('records', {
  get: `SELECT id, mod_seq, body FROM record WHERE account_id = $1 AND type = $2 AND id = ANY($3::text[])`,
  page: `SELECT id, mod_seq, body FROM record WHERE account_id = $1 AND type = $2 AND id > $3 ORDER BY id LIMIT $4`,
})

interface Row {
  readonly id: string
  readonly mod_seq: number
  readonly body: string
}

export class PostgresRecordReader implements RecordReader {
  readonly #snapshot: Snapshot

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
  }

  async get(type: string, ids: readonly string[]): Promise<readonly AccountRecord[]> {
    checkRecordType(type)
    const asked = ids.filter(isRecordId)
    const rows = await this.#snapshot.rows<Row>(recordReads.get, type, asked)
    return inOrder(
      asked,
      rows.map((row) => recordOf(type, row)),
      ({ id }) => id,
    )
  }

  async page(type: string, afterId: string, limit: number): Promise<readonly AccountRecord[]> {
    checkRecordType(type)
    if (afterId !== '') checkRecordId(afterId)
    const most = Math.min(limit, mostOfPage)
    const rows = await this.#snapshot.rows<Row>(recordReads.page, type, afterId, most)
    return rows.map((row) => recordOf(type, row))
  }
}

function recordOf(type: string, { id, mod_seq: at, body }: Row): AccountRecord {
  return { type, id, modSeq: modSeq(at), body: JSON.parse(body) as JsonValue }
}
