import { type Chunk, type PreparedMessage, chunkBytes, unpackChunk } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import { abandonBlob, chunksPerBlob, type StageableBlob, takeStaged } from './staging.ts'

/** Larger content is removed in steps of its own. */
const maxDroppedAtOnce = 65_536
/** As many bytes are removed in the time of a statement: its pages are to be read one after another. */
const bytesPerStatement = 16_384

export interface BlobRow {
  readonly id: number
  readonly hash: string
  readonly size: number
}
export interface StoredBlob extends BlobRow {
  readonly isNew: boolean
}
interface PlacedBlob extends StoredBlob {
  /** Blobs of greater ids may have become emails before it. */
  readonly isLate: boolean
}

export function findBlob(sql: Sql, hash: string): BlobRow | undefined {
  return sql.get<BlobRow>('SELECT id, hash, size FROM blob WHERE hash = ?', hash)
}

/** The blob with this content, stored now if it is new: `known` is what `findBlob` answers. Its references are the caller's to count. */
export function storeBlob(
  sql: Sql,
  blob: StageableBlob,
  known: BlobRow | undefined = findBlob(sql, blob.hash),
): PlacedBlob {
  if (known !== undefined) return { ...known, isNew: false, isLate: true }
  const { size, staged } = blob
  if (staged !== undefined) {
    takeStaged(sql, staged, blob.hash)
    return { id: staged.id, hash: blob.hash, size, isNew: true, isLate: true }
  }
  const id = sql.insert('INSERT INTO blob (hash, size, refs) VALUES (?, ?, 0)', blob.hash, size)
  for (const [at, { encoding, bytes }] of blob.chunks.entries())
    sql.run(
      'INSERT INTO blob_chunk (id, encoding, bytes) VALUES (?, ?, ?)',
      id * chunksPerBlob + at,
      encoding,
      bytes,
    )
  return { id, hash: blob.hash, size, isNew: true, isLate: false }
}

/** The index and the text of a blob that becomes an email. */
export function storeIndex(sql: Sql, blob: PlacedBlob, message: PreparedMessage): void {
  const isNew = sql.run(
    'INSERT OR IGNORE INTO blob_index (blob_id, version, mime) VALUES (?, ?, ?)',
    blob.id,
    message.mimeVersion,
    message.mime,
  )
  if (isNew === 0) return
  if (blob.isLate) noteLate(sql, blob.id)
  storeText(sql, blob.id, message)
}

/** In place of what an older program made of it. */
export function renewIndex(sql: Sql, blob: number, message: PreparedMessage): void {
  const isThere = sql.run(
    'UPDATE blob_index SET version = ?, mime = ? WHERE blob_id = ?',
    message.mimeVersion,
    message.mime,
    blob,
  )
  if (isThere === 0) return
  noteLate(sql, blob)
  storeText(sql, blob, message)
}

/** The text index is to look at it, though it may be past it. */
function noteLate(sql: Sql, blob: number): void {
  sql.run('INSERT INTO blob_text_late (blob_id) VALUES (?)', blob)
}

function storeText(sql: Sql, blob: number, { text }: PreparedMessage): void {
  sql.run(
    'INSERT OR REPLACE INTO blob_text VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    blob,
    text.from,
    text.to,
    text.cc,
    text.bcc,
    text.subject,
    text.sortFrom,
    text.sortTo,
    text.sortSubject,
    text.body,
  )
}

export function readBlob(sql: Sql, blob: number, size: number): Buffer {
  return readBlobRange(sql, blob, 0, size)
}

/** One piece of a blob, unpacked. */
export function readChunk(sql: Sql, blob: number, chunk: number): Uint8Array | undefined {
  const row = sql.get<Chunk>(
    'SELECT encoding, bytes FROM blob_chunk WHERE id = ?',
    blob * chunksPerBlob + chunk,
  )
  return row === undefined ? undefined : unpackChunk(row)
}

/** From start up to end, both within the blob. */
export function readBlobRange(sql: Sql, blob: number, start: number, end: number): Buffer {
  const parts: Uint8Array[] = []
  for (let at = start; at < end;) {
    const chunk = Math.floor(at / chunkBytes)
    const bytes = readChunk(sql, blob, chunk)
    if (bytes === undefined) throw new Error(`blob ${blob} lacks chunk ${chunk}`)
    const first = chunk * chunkBytes
    parts.push(bytes.subarray(at - first, end - first))
    at = first + chunkBytes
  }
  const [only] = parts
  if (only === undefined) return Buffer.alloc(0)
  if (parts.length === 1) return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  return Buffer.concat(parts)
}

export function addBlobRef(sql: Sql, blob: number): void {
  sql.run('UPDATE blob SET refs = refs + 1 WHERE id = ?', blob)
}

/** Takes a reference back; the last one takes the content with it. */
export function dropBlobRef(sql: Sql, blob: number): void {
  const row = sql.get<{ refs: number; size: number }>(
    'UPDATE blob SET refs = refs - 1 WHERE id = ? RETURNING refs, size',
    blob,
  )
  if (row === undefined || row.refs > 0) return
  sql.run('DELETE FROM blob_index WHERE blob_id = ?', blob)
  sql.run('DELETE FROM blob_text WHERE blob_id = ?', blob)
  sql.run('DELETE FROM stale_index WHERE blob_id = ?', blob)
  if (row.size > maxDroppedAtOnce) {
    abandonBlob(sql, blob)
    return
  }
  const base = blob * chunksPerBlob
  sql.run('DELETE FROM blob_chunk WHERE id >= ? AND id < ?', base, base + chunksPerBlob)
  sql.run('DELETE FROM blob WHERE id = ?', blob)
  sql.charge(Math.ceil(row.size / bytesPerStatement))
}
