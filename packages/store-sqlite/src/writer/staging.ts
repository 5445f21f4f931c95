import { randomUUID } from 'node:crypto'

import { type PreparedBlob } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'

/** Written or removed in one transaction: others wait for it, and for no more. */
const stepBytes = 1_048_576
const chunksPerStep = 8

/** In place of a hash: nobody has such content, and it tells how old it is. */
const prefix = 'staging:'
const behindPrefix = 'staging;'
/** Longer than a step takes, whoever takes it: another process may be at work as well. */
const staleMs = 3_600_000

/** Chunks per blob: room in a chunk's id. */
export const chunksPerBlob = 4_096

/** A blob whose content is on disk before it has its name. */
export interface StagedBlob {
  readonly id: number
}

export interface StageableBlob extends PreparedBlob {
  /** Its chunks are on disk already. */
  staged?: StagedBlob | undefined
}

/** Whether writing it at once would hold others up. */
export function isWorthStaging({ chunks }: PreparedBlob): boolean {
  let bytes = 0
  for (const chunk of chunks) bytes += chunk.bytes.byteLength
  return bytes > 2 * stepBytes
}

export function beginStaging(sql: Sql, { size }: PreparedBlob, now: number): StagedBlob {
  const hash = `${prefix}${now}:${randomUUID()}`
  return { id: sql.insert('INSERT INTO blob (hash, size, refs) VALUES (?, ?, 0)', hash, size) }
}

/** Writes some more chunks, from `at`; answers where to go on. */
export function stageChunks(
  sql: Sql,
  staged: StagedBlob,
  blob: PreparedBlob,
  from: number,
): number {
  let at = from
  for (let bytes = 0; at < blob.chunks.length && bytes < stepBytes; at += 1) {
    const chunk = blob.chunks[at]
    if (chunk === undefined) break
    sql.run(
      'INSERT INTO blob_chunk (id, encoding, bytes) VALUES (?, ?, ?)',
      staged.id * chunksPerBlob + at,
      chunk.encoding,
      chunk.bytes,
    )
    bytes += chunk.bytes.byteLength
  }
  return at
}

/** Whether it is in place of a hash. */
export function isStaged(hash: string): boolean {
  return hash.startsWith(prefix)
}

/** It becomes the content of this name. */
export function takeStaged(sql: Sql, { id }: StagedBlob, hash: string): void {
  sql.run('UPDATE blob SET hash = ? WHERE id = ?', hash, id)
}

/** Removes some of what was staged and not taken; true when nothing is left. */
export function dropSomeStaged(sql: Sql, { id }: StagedBlob): boolean {
  const row = sql.get<{ hash: string }>('SELECT hash FROM blob WHERE id = ?', id)
  if (row === undefined || !isStaged(row.hash)) return true
  const base = id * chunksPerBlob
  const dropped = sql.run(
    'DELETE FROM blob_chunk WHERE id IN (SELECT id FROM blob_chunk WHERE id >= ? AND id < ? LIMIT ?)',
    base,
    base + chunksPerBlob,
    chunksPerStep,
  )
  if (dropped === chunksPerStep) return false
  sql.run('DELETE FROM blob WHERE id = ?', id)
  return true
}

/** Content that nobody refers to any more is removed as what was staged and not taken: its name says that it is as old as can be. */
export function abandonBlob(sql: Sql, id: number): void {
  sql.run('UPDATE blob SET hash = ? WHERE id = ?', `${prefix}0:${id}`, id)
}

/** Some of the content that was abandoned. */
export function abandoned(sql: Sql): StagedBlob[] {
  return sql.all<StagedBlob>(
    'SELECT id FROM blob WHERE hash >= ? AND hash < ? LIMIT 16',
    `${prefix}0:`,
    `${prefix}0;`,
  )
}

/** What a process has left that ended in between. */
export function staleStaged(sql: Sql, now: number): StagedBlob[] {
  return sql
    .all<{ id: number; hash: string }>(
      'SELECT id, hash FROM blob WHERE hash >= ? AND hash < ?',
      prefix,
      behindPrefix,
    )
    .filter(({ hash }) => Number(hash.slice(prefix.length).split(':')[0]) < now - staleMs)
}
