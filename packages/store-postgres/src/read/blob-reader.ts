import { setImmediate } from 'node:timers/promises'

import type { BlobId, BlobRange, BlobReader } from '@gatepost/core'
import { blobId, chunkBytes, hashOf, unpackChunk } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import type { Snapshot } from './snapshot.ts'

interface ChunkRow {
  readonly ordinal: number
  readonly size: number
  /** Null, with what follows: the range is empty. */
  readonly number: number | null
  readonly encoding: number
  readonly bytes: Buffer
}

/** Unpacked in one turn of the event loop: 2 MiB. */
const chunksPerTurn = 8
const maxBytes = Number.MAX_SAFE_INTEGER

export const blobReads: Statements<'sizes' | 'ranges'> = statements('blobs', {
  sizes: `SELECT b.hash, a.size FROM blob b JOIN account_blob a ON a.account_id = $1 AND a.blob_id = b.id
            WHERE b.hash = ANY($2::text[])`,
  ranges: `SELECT asked.ordinal, a.size, c.number, c.encoding, c.bytes
             FROM unnest($2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS asked (hash, first, last, ordinal)
             JOIN blob b ON b.hash = asked.hash
             JOIN account_blob a ON a.account_id = $1 AND a.blob_id = b.id
             LEFT JOIN blob_chunk c ON c.blob_id = b.id AND c.number BETWEEN asked.first AND asked.last
             ORDER BY asked.ordinal, c.number`,
})

/** Only what the account has itself: knowing a hash opens nothing. */
export class PostgresBlobReader implements BlobReader {
  readonly #snapshot: Snapshot

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
  }

  async sizes(ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, number>> {
    const rows = await this.#snapshot.rows<{ hash: string; size: number }>(
      blobReads.sizes,
      ids.map(hashOf),
    )
    return new Map(rows.map(({ hash, size }) => [blobId(hash), size]))
  }

  async ranges(ranges: readonly BlobRange[]): Promise<readonly (Buffer | undefined)[]> {
    const asked = ranges.map(({ id, start, end }) => ({
      hash: hashOf(id),
      start: Math.max(0, start),
      end: Math.min(end, maxBytes),
    }))
    const rows = await this.#snapshot.rows<ChunkRow>(
      blobReads.ranges,
      asked.map(({ hash }) => hash),
      asked.map(({ start }) => Math.floor(start / chunkBytes)),
      // An empty range has no chunk.
      asked.map(({ start, end }) => (end > start ? Math.floor((end - 1) / chunkBytes) : -1)),
    )
    const found = new Map<number, Buffer[]>()
    for (const [at, row] of rows.entries()) {
      if (at % chunksPerTurn === chunksPerTurn - 1) await setImmediate()
      const range = asked[row.ordinal - 1]
      const parts = found.get(row.ordinal) ?? []
      found.set(row.ordinal, parts)
      if (row.number !== null && range !== undefined)
        parts.push(cut(unpackChunk(row), row.number * chunkBytes, range))
    }
    return ranges.map((_, at) => {
      const parts = found.get(at + 1)
      return parts?.length === 1 ? parts[0] : parts && Buffer.concat(parts)
    })
  }
}

/** What a range has of a chunk that begins at `first`. */
function cut(
  bytes: Uint8Array,
  first: number,
  { start, end }: { readonly start: number; readonly end: number },
): Buffer {
  const from = Math.max(0, start - first)
  const part = bytes.subarray(from, Math.max(from, end - first))
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength)
}
