import {
  type PreparedMessage,
  type PrepareReplies,
  hashOf,
  prepareMessage,
} from '@gatepost/store-model'

import { toWire } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { type BlobRow, readBlob } from './blobs.ts'
import { withoutContent } from './job-contents.ts'
import { type Packed, pack } from './packed.ts'
import type { WriterJob, WriterOutcome, WriterRequest } from './protocol.ts'
import { prepareJob } from './run-job.ts'

/** What came of requests that arrived together. */
export interface PrepareReply extends PrepareReplies {
  /** Requests with what was prepared, for the writer. */
  readonly packed: Packed
  readonly failed: readonly WriterOutcome[]
}

/** Reads messages in a thread of its own, so that the writer has only to write. */
export class Preparer {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  prepare(requests: readonly WriterRequest[]): PrepareReply {
    const ready: WriterRequest[] = []
    const failed: WriterOutcome[] = []
    for (const request of requests)
      try {
        ready.push(this.#prepared(request))
      } catch (error) {
        failed.push({ id: request.id, error: toWire(error) })
      }
    return { ids: ready.map(({ id }) => id), packed: pack(ready), failed }
  }

  #prepared(request: WriterRequest): WriterRequest {
    const { job } = request
    const prepared = prepareJob(job, {
      ofAccount: (content) => this.#ofAccount(job, content),
      ofBlob: (blob) => this.#ofBlob(blob),
    })
    return { ...request, job: withoutContent(job), prepared }
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
