import { createHash } from 'node:crypto'

import { type SearchColumns, chunkBytes, prepareMessage } from '@gatepost/store-model'

import type { Sql } from '../../../sql.ts'
import { type BlobRow, readChunk } from '../../../writer/blobs.ts'
import { chunksPerBlob, isStaged } from '../../../writer/staging.ts'
import { type Finding, wrong } from '../finding.ts'
import { readable } from '../readable.ts'
import type { Scope } from './scope.ts'

const pageSize = 500

/** Every blob has its bytes: the chunks are there, and what they hold has the size and the SHA-256 that the blob is known by. */
export function* checkContent({ sql, isDeep }: Scope): Generator<Finding> {
  const total =
    (yield* readable('blob.content', undefined, () =>
      sql.get<{ bytes: number | null }>('SELECT sum(size) AS bytes FROM blob'),
    ))?.bytes ?? 0
  let done = 0
  for (let after = 0; ;) {
    const blobs: readonly BlobRow[] = yield* readable('blob.content', [], () =>
      sql.all<BlobRow>(
        'SELECT id, hash, size FROM blob WHERE id > ? ORDER BY id LIMIT ?',
        after,
        pageSize,
      ),
    )
    for (const blob of blobs) {
      // Not of anybody yet.
      if (isStaged(blob.hash)) continue
      yield* checkBlob(sql, blob, isDeep)
      done += blob.size
      yield { kind: 'progress', done, total }
    }
    const last = blobs.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

function* checkBlob(sql: Sql, blob: BlobRow, isDeep: boolean): Generator<Finding> {
  const row = { blob_id: blob.id, expected: `${blob.size} bytes, hash ${blob.hash}` }
  const kept: Uint8Array[] = []
  try {
    const count = Math.ceil(blob.size / chunkBytes)
    const stored = chunkCount(sql, blob.id)
    if (stored !== count) {
      yield wrong('blob.content', { ...row, found: `${stored} chunks instead of ${count}` })
      return
    }
    const found = contentOf(sql, blob.id, { count, ...(isDeep ? { kept } : {}) })
    if (found.size !== blob.size || found.hash !== blob.hash) {
      yield wrong('blob.content', { ...row, found: `${found.size} bytes, hash ${found.hash}` })
      return
    }
  } catch (error) {
    // A page that cannot be read, a chunk that is not there, or bytes that do not unpack.
    yield wrong('blob.content', { ...row, found: error instanceof Error ? error.message : 'none' })
    return
  }
  if (isDeep) yield* checkDerived(sql, blob, Buffer.concat(kept))
}

function chunkCount(sql: Sql, blob: number): number {
  const base = blob * chunksPerBlob
  const row = sql.get<{ count: number }>(
    'SELECT count(*) AS count FROM blob_chunk WHERE id >= ? AND id < ?',
    base,
    base + chunksPerBlob,
  )
  return row?.count ?? 0
}

function contentOf(
  sql: Sql,
  blob: number,
  { count, kept }: { readonly count: number; readonly kept?: Uint8Array[] },
): { readonly size: number; readonly hash: string } {
  const hash = createHash('sha256')
  let size = 0
  for (let at = 0; at < count; at += 1) {
    const bytes = readChunk(sql, blob, at)
    if (bytes === undefined) throw new Error(`chunk ${at} is not there`)
    hash.update(bytes)
    size += bytes.byteLength
    kept?.push(bytes)
  }
  return { size, hash: hash.digest('base64url') }
}

const textColumns = {
  from_text: 'from',
  to_text: 'to',
  cc_text: 'cc',
  bcc_text: 'bcc',
  subject: 'subject',
  sort_from: 'sortFrom',
  sort_to: 'sortTo',
  sort_subject: 'sortSubject',
  body: 'body',
} as const satisfies Readonly<Record<string, keyof SearchColumns>>

/** The MIME index and the text of an email are what its bytes give. */
function* checkDerived(sql: Sql, blob: BlobRow, bytes: Buffer): Generator<Finding> {
  const index = yield* readable('blob.index', undefined, () =>
    sql.get<{ version: number; mime: string }>(
      'SELECT version, mime FROM blob_index WHERE blob_id = ?',
      blob.id,
    ),
  )
  if (index === undefined) return
  const message = prepareMessage(bytes)
  const row = { blob_id: blob.id, expected: 'what the message gives' }
  // One of another version is made anew by whoever reads it, and the text was made with it.
  if (index.version !== message.mimeVersion) return
  if (index.mime !== message.mime)
    yield wrong('blob.index', { ...row, found: 'another MIME index' })
  const text = yield* readable('blob.text', undefined, () =>
    sql.get<Readonly<Record<string, string>>>('SELECT * FROM blob_text WHERE blob_id = ?', blob.id),
  )
  if (text === undefined) return
  for (const [column, name] of Object.entries(textColumns))
    if (text[column] !== message.text[name])
      yield wrong('blob.text', { ...row, found: `another text in ${column}` })
}
