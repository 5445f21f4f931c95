import type { BlobId, BlobReader } from '@gatepost/core'

import { hashOf } from '../ids.ts'
import type { Sql } from '../sql.ts'
import { readBlobRange } from '../writer/blobs.ts'

interface Row {
  readonly blob_id: number
  readonly size: number
}

/** Only what the account has itself: knowing a hash opens nothing. */
export class SqliteBlobReader implements BlobReader {
  readonly #sql: Sql
  readonly #account: number

  constructor(sql: Sql, account: number) {
    this.#sql = sql
    this.#account = account
  }

  size(id: BlobId): number | undefined {
    return this.#find(id)?.size
  }

  range(id: BlobId, start: number, end: number): Buffer | undefined {
    const row = this.#find(id)
    if (row === undefined) return undefined
    return readBlobRange(this.#sql, row.blob_id, Math.max(0, start), Math.min(end, row.size))
  }

  #find(id: BlobId): Row | undefined {
    return this.#sql.get<Row>(
      `SELECT a.blob_id, a.size FROM blob b
         JOIN account_blob a ON a.account_id = ? AND a.blob_id = b.id WHERE b.hash = ?`,
      this.#account,
      hashOf(id),
    )
  }
}
