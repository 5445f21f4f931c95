import { isMarkedAsUntransferable } from 'node:worker_threads'

import { type PreparedMessage, hashOf, prepareMessage } from '@gatepost/store-model'

import { toWire, type WireError } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { type BlobRow, readBlob } from './blobs.ts'
import { contentsOf } from './job-contents.ts'
import type { WriterJob } from './protocol.ts'
import { blobsIn, type PreparedJob, prepareJob } from './run-job.ts'

export interface PrepareRequest {
  readonly id: number
  readonly job: WriterJob
}

export type PrepareReply =
  | { readonly id: number; readonly prepared: PreparedJob }
  | { readonly id: number; readonly error: WireError }

/** What is smaller is as well copied. */
const minTransferredBytes = 16_384

/** Reads messages in a thread of its own, so that the writer has only to write. */
export class Preparer {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  prepare({ id, job }: PrepareRequest): PrepareReply {
    try {
      const prepared = prepareJob(job, {
        ofAccount: (content) => this.#ofAccount(job, content),
        ofBlob: (blob) => this.#ofBlob(blob),
      })
      return { id, prepared }
    } catch (error) {
      return { id, error: toWire(error) }
    }
  }

  /** Of content that the account has; undefined when it has none of that name (yet): the writer knows. */
  #ofAccount(job: WriterJob, content: string): PreparedMessage | undefined {
    if (job.kind !== 'transact') return undefined
    const blob = this.#sql.get<BlobRow>(
      `SELECT b.id, b.hash, b.size FROM blob b
         JOIN account_blob a ON a.account_id = ? AND a.blob_id = b.id WHERE b.hash = ?`,
      job.account,
      hashOf(content),
    )
    return blob === undefined ? undefined : this.#ofBlob(blob)
  }

  #ofBlob({ id, size }: BlobRow): PreparedMessage | undefined {
    if (this.#sql.get('SELECT 1 FROM blob WHERE id = ?', id) === undefined) return undefined
    // The writer has its chunks.
    return { ...prepareMessage(readBlob(this.#sql, id, size)), chunks: [] }
  }
}

/** What need not be copied on its way to another thread. `later`: jobs of the same message, which may have the same bytes. */
export function transferable(
  prepared: PreparedJob,
  later: readonly PrepareRequest[] = [],
): ArrayBuffer[] {
  const kept = new Set(later.flatMap(({ job }) => contentsOf(job).map(({ buffer }) => buffer)))
  const buffers = new Set<ArrayBuffer>()
  for (const { chunks } of blobsIn(prepared))
    for (const { bytes } of chunks)
      if (!kept.has(bytes.buffer) && isOwn(bytes.buffer)) buffers.add(bytes.buffer)
  return [...buffers]
}

/** Small buffers are parts of Node's pool, which cannot be given away. */
function isOwn(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return (
    buffer instanceof ArrayBuffer &&
    buffer.byteLength >= minTransferredBytes &&
    !isMarkedAsUntransferable(buffer)
  )
}
