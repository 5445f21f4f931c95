import type { BlobId, BlobRange, BlobReader } from '@gatepost/core'
import { hashOf } from '@gatepost/store-model'

import type { ContentClient } from './content/content-client.ts'
import { readContent } from './content/read-content.ts'
import type { Snapshot } from './snapshot.ts'

interface Row {
  readonly blob_id: number
  readonly size: number
}

/** Only what the account has itself: knowing a hash opens nothing. */
export class SqliteBlobReader implements BlobReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #content: ContentClient

  constructor(snapshot: Snapshot, account: number, content: ContentClient) {
    this.#snapshot = snapshot
    this.#account = account
    this.#content = content
  }

  async sizes(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, number>> {
    const sizes = new Map<BlobId, number>()
    for (const id of ids) {
      const row = this.#find(id)
      if (row !== undefined) sizes.set(id, row.size)
    }
    return sizes
  }

  ranges(ranges: readonly BlobRange[]): Promise<readonly (Buffer | undefined)[]> {
    return Promise.all(ranges.map((range) => this.#range(range)))
  }

  async #range({ id, start, end }: BlobRange): Promise<Buffer | undefined> {
    const row = this.#find(id)
    if (row === undefined) return undefined
    const source = { sql: this.#snapshot.sql, content: this.#content }
    return readContent(source, row, Math.max(0, start), Math.min(end, row.size))
  }

  #find(id: BlobId): Row | undefined {
    return this.#snapshot.sql.get<Row>(
      `SELECT a.blob_id, a.size FROM blob b
         JOIN account_blob a ON a.account_id = ? AND a.blob_id = b.id WHERE b.hash = ?`,
      this.#account,
      hashOf(id),
    )
  }
}
