import type { Clock } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

import { inTransaction } from '../in-transaction.ts'
import type { Sql } from '../sql.ts'
import { findBlob } from './blobs.ts'
import type { WriterJob, WriterRequest } from './protocol.ts'
import { blobsIn, type PreparedJob } from './run-job.ts'
import {
  abandoned,
  beginStaging,
  dropSomeStaged,
  isWorthStaging,
  type StageableBlob,
  type StagedBlob,
  staleStaged,
  stageChunks,
} from './staging.ts'

/** A request whose content is being written. */
interface Staging {
  readonly request: WriterRequest
  readonly blobs: StageableBlob[]
  staged: StagedBlob | undefined
  at: number
}

/**
 * Large content goes to disk in steps, each a transaction of its own between those of others; only its name is then left to write. What was staged
 * and not taken is removed in steps too.
 */
export class StagingQueue {
  readonly #sql: Sql
  readonly #clock: Pick<Clock, 'now'>
  readonly #waiting: Staging[] = []
  readonly #dropped: StagedBlob[] = []

  constructor(sql: Sql, clock: Pick<Clock, 'now'>) {
    this.#sql = sql
    this.#clock = clock
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#dropped.length === 0
  }

  /** False when it has nothing that is worth it, or there already. */
  add(request: WriterRequest, prepared: PreparedJob): boolean {
    if (prepared.kind === 'plain') return false
    const blobs = blobsIn(prepared).filter(
      (blob) =>
        blob.staged === undefined &&
        isWorthStaging(blob) &&
        findBlob(this.#sql, blob.hash) === undefined,
    )
    if (blobs.length === 0 || !this.#hasTakers(request.job, blobs)) return false
    this.#waiting.push({ request: { ...request, prepared }, blobs, staged: undefined, at: 0 })
    return true
  }

  /** One transaction; answers the request that is ready, if one is. What it throws is of `failed`. */
  step(): WriterRequest | undefined {
    const next = this.#waiting[0]
    if (next === undefined) {
      this.#dropStep()
      return undefined
    }
    const [blob] = next.blobs
    if (blob === undefined) {
      this.#waiting.shift()
      return next.request
    }
    inTransaction(this.#sql.db, () => {
      next.staged ??= beginStaging(this.#sql, blob, this.#clock.now())
      next.at = stageChunks(this.#sql, next.staged, blob, next.at)
    })
    if (next.at < blob.chunks.length) return undefined
    blob.staged = next.staged
    next.blobs.shift()
    next.staged = undefined
    next.at = 0
    return undefined
  }

  /** Gives up the one whose step has failed. */
  fail(): WriterRequest | undefined {
    const failed = this.#waiting.shift()
    if (failed === undefined) {
      this.#dropped.shift()
      return undefined
    }
    if (failed.staged !== undefined) this.#dropped.push(failed.staged)
    return failed.request
  }

  /** The job has been done, or not: what it has not taken goes. */
  settle(prepared: PreparedJob): void {
    for (const { staged } of blobsIn(prepared)) if (staged !== undefined) this.#dropped.push(staged)
  }

  /** Content that nobody refers to any more. */
  noteDropped(): void {
    if (this.#dropped.length === 0) this.#dropped.push(...abandoned(this.#sql))
  }

  /** Of a process that ended in between. */
  sweep(): void {
    this.#dropped.push(...staleStaged(this.#sql, this.#clock.now()))
  }

  /** What nobody has room for is refused before it is written. */
  #hasTakers(job: WriterJob, blobs: readonly StageableBlob[]): boolean {
    if (job.kind === 'deliver' && job.delivery.outbound !== undefined) return true
    const accounts =
      job.kind === 'deliver'
        ? job.delivery.local.map(({ accountId }) => keyOf('a', accountId))
        : job.kind === 'transact'
          ? [job.account]
          : []
    const least = Math.min(...blobs.map(({ size }) => size))
    return accounts.some(
      (account) =>
        this.#sql.get(
          'SELECT 1 FROM account WHERE id = ? AND (quota_bytes = 0 OR used_bytes + ? <= quota_bytes)',
          account,
          least,
        ) !== undefined,
    )
  }

  #dropStep(): void {
    const [staged] = this.#dropped
    if (staged === undefined) return
    if (inTransaction(this.#sql.db, () => dropSomeStaged(this.#sql, staged))) this.#dropped.shift()
  }
}
