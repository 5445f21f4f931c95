import type { BlobId, BlobRange, BlobReader } from '@gatepost/core'
import { hashOf } from '@gatepost/store-model'

import { readBlobRange } from '../writer/blobs.ts'
import type { ContentClient } from './content/content-client.ts'
import type { Snapshot } from './snapshot.ts'

interface Row {
  readonly blob_id: number
  readonly size: number
}

/** Blobs above this are read in the content thread: their pages are less likely to be in memory, and a slow disk is to hold up who asked, and nobody else. */
const maxOwnBytes = 262_144

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
    const [from, to] = [Math.max(0, start), Math.min(end, row.size)]
    // What has been deleted since is in this snapshot alone.
    const elsewhere =
      row.size > maxOwnBytes ? await this.#content.range(row.blob_id, from, to) : undefined
    return elsewhere ?? readBlobRange(this.#snapshot.sql, row.blob_id, from, to)
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
