import {
  chunkBytes,
  type PreparedBlob,
  type PreparedMessage,
  unpackChunk,
} from '@gatepost/store-model'

import type { Connection } from '../database/connection.ts'
import { type Statements, statements } from '../database/statement.ts'
import type { Preparer } from '../prepare/preparer.ts'

export interface BlobRow {
  readonly id: number
  readonly hash: string
  readonly size: number
}

export const contentStatements: Statements<
  'put' | 'addChunk' | 'addSmall' | 'addIndexes' | 'lock' | 'addRefs' | 'drop' | 'chunks'
> = statements('content', {
  // In the order of the hashes, so that two transactions with the same contents do not wait for each other.
  put: `INSERT INTO blob (hash, size, refs)
          SELECT hash, size, 0 FROM unnest($1::text[], $2::bigint[]) AS put (hash, size) ORDER BY hash
          ON CONFLICT (hash) DO UPDATE SET refs = blob.refs RETURNING id, hash, size, xmax = 0 AS is_new`,
  addChunk: `INSERT INTO blob_chunk (blob_id, number, encoding, bytes) VALUES ($1, $2, $3, $4)`,
  addSmall: `INSERT INTO blob_chunk (blob_id, number, encoding, bytes)
          SELECT rows.id, 0, rows.encoding, rows.bytes
          FROM unnest($1::bigint[], $2::smallint[], $3::bytea[]) AS rows (id, encoding, bytes)`,
  addIndexes: `INSERT INTO blob_index (blob_id, version, mime_length, mime)
          SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[]) ON CONFLICT (blob_id) DO NOTHING`,
  lock: `SELECT id FROM blob WHERE id = ANY($1::bigint[]) ORDER BY hash FOR UPDATE`,
  addRefs: `UPDATE blob SET refs = blob.refs + more.refs FROM unnest($1::bigint[], $2::bigint[]) AS more (id, refs) WHERE blob.id = more.id`,
  drop: `WITH gone AS (DELETE FROM blob WHERE id = ANY($1::bigint[]) AND refs = 0 RETURNING id),
           chunks AS (DELETE FROM blob_chunk USING gone WHERE blob_id = gone.id)
         DELETE FROM blob_index USING gone WHERE blob_id = gone.id`,
  chunks: `SELECT encoding, bytes FROM blob_chunk WHERE blob_id = $1 AND number BETWEEN $2 AND $3 ORDER BY number`,
})

interface AddedBlob {
  readonly id: number
  readonly blob: PreparedBlob
}

/** Content of one chunk that goes with others in one statement; larger content goes as it is, in a statement a chunk. */
const maxSmallBytes = 65_536

/** Content that one transaction adds and lets go of, for all of its accounts. */
export class Content {
  readonly #connection: Connection
  readonly #preparer: Preparer
  readonly #stored = new Map<string, BlobRow>()
  readonly #refs = new Map<number, number>()
  readonly #indexes = new Map<number, PreparedMessage>()

  constructor(connection: Connection, preparer: Preparer) {
    this.#connection = connection
    this.#preparer = preparer
  }

  /** Content that was not there is stored, without a reference yet; what `stored` answers from then on is locked until the transaction ends. */
  async put(blobs: readonly PreparedBlob[]): Promise<void> {
    const wanted = new Map(
      blobs.filter(({ hash }) => !this.#stored.has(hash)).map((blob) => [blob.hash, blob]),
    )
    if (wanted.size === 0) return
    const rows = await this.#connection.rows<BlobRow & { readonly is_new: boolean }>(
      contentStatements.put,
      [...wanted.keys()],
      [...wanted.values()].map(({ size }) => size),
    )
    for (const { id, hash, size } of rows) this.#stored.set(hash, { id, hash, size })
    const added = rows.flatMap(({ id, hash, is_new: isNew }) => {
      const blob = wanted.get(hash)
      return isNew && blob !== undefined ? [{ id, blob }] : []
    })
    await Promise.all([
      this.#addSmall(added.filter(({ blob }) => blob.size <= maxSmallBytes)),
      ...added
        .filter(({ blob }) => blob.size > maxSmallBytes)
        .flatMap(({ id, blob }) =>
          blob.chunks.map(({ encoding, bytes }, at) =>
            this.#connection.rows(contentStatements.addChunk, id, at, encoding, bytes),
          ),
        ),
    ])
  }

  async #addSmall(added: readonly AddedBlob[]): Promise<void> {
    const chunks = added.flatMap(({ id, blob }) => blob.chunks.map((chunk) => ({ id, chunk })))
    if (chunks.length === 0) return
    await this.#connection.rows(
      contentStatements.addSmall,
      chunks.map(({ id }) => id),
      chunks.map(({ chunk }) => chunk.encoding),
      chunks.map(({ chunk }) => chunk.bytes),
    )
  }

  /** What `put` has stored or found. */
  stored(hash: string): BlobRow {
    const row = this.#stored.get(hash)
    if (row === undefined) throw new Error(`content ${hash} has not been put`)
    return row
  }

  /** The index of a blob that becomes an email. */
  addIndex(blob: number, message: PreparedMessage): void {
    this.#indexes.set(blob, message)
  }

  addRef(blob: number, change: 1 | -1): void {
    this.#refs.set(blob, (this.#refs.get(blob) ?? 0) + change)
  }

  /** A message whose content the account has. */
  async message({ id, hash, size }: BlobRow): Promise<PreparedMessage> {
    const rows = await this.#connection.rows<{ encoding: number; bytes: Buffer }>(
      contentStatements.chunks,
      id,
      0,
      Math.floor(size / chunkBytes),
    )
    const message = await this.#preparer.message(Buffer.concat(rows.map(unpackChunk)), '', true)
    if (message.hash !== hash) throw new Error(`blob ${id} is not what it was stored as`)
    return message
  }

  /** Writes indexes and references; content without any goes. */
  async flush(): Promise<void> {
    const indexes = [...this.#indexes]
    const refs = [...this.#refs]
    this.#indexes.clear()
    this.#refs.clear()
    await Promise.all([this.#writeIndexes(indexes), this.#writeRefs(refs)])
  }

  async #writeIndexes(indexes: readonly (readonly [number, PreparedMessage])[]): Promise<void> {
    if (indexes.length === 0) return
    await this.#connection.rows(
      contentStatements.addIndexes,
      indexes.map(([blob]) => blob),
      indexes.map(([, { mimeVersion }]) => mimeVersion),
      indexes.map(([, { mime }]) => mime.length),
      indexes.map(([, { mime }]) => mime),
    )
  }

  async #writeRefs(refs: readonly (readonly [number, number])[]): Promise<void> {
    if (refs.length === 0) return
    const unused = refs.flatMap(([blob, change]) => (change <= 0 ? [blob] : []))
    const gone = new Set(unused)
    for (const [hash, { id }] of this.#stored) if (gone.has(id)) this.#stored.delete(hash)
    const blobs = refs.map(([blob]) => blob)
    await Promise.all([
      this.#connection.rows(contentStatements.lock, blobs),
      this.#connection.rows(
        contentStatements.addRefs,
        blobs,
        refs.map(([, change]) => change),
      ),
      ...(unused.length === 0 ? [] : [this.#connection.rows(contentStatements.drop, unused)]),
    ])
  }
}
