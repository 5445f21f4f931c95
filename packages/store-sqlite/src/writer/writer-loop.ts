import type { Clock } from '@gatepost/core'
import { storeBusy } from '@gatepost/store-model'

import { isPassing, toWire, type WireError } from '../errors.ts'
import type { Sql } from '../sql.ts'
import type { WriterOutcome, WriterReport, WriterRequest } from './protocol.ts'
import { type BatchJob, type Done, type Failed, runApart, runTogether } from './run-batch.ts'
import { prepareJob } from './run-job.ts'
import { afterFailure } from './slices/go-on.ts'
import type { JobResult } from './slices/job-result.ts'
import { deletedAccounts } from './slices/purge-account.ts'
import { deletedViewers } from './slices/purge-viewers.ts'
import { isSweepBegin } from './slices/sweep.ts'
import { StagingQueue } from './staging-queue.ts'
import { Wal } from './wal.ts'
import { WriterQueue } from './writer-queue.ts'

/** The id of what the writer asks of itself: nobody waits for an answer. */
const nobody = 0

/**
 * The one writer. Jobs that have arrived together share one transaction and one fsync; one that fails takes no other with it.
 * A commit never waits for jobs that are not there yet. A turn is short: what is much is done in slices, a turn each (`WriterQueue`).
 */
export class WriterLoop {
  readonly #sql: Sql
  readonly #clock: Pick<Clock, 'now'>
  readonly #report: (report: WriterReport) => void
  readonly #staging: StagingQueue
  readonly #queue = new WriterQueue()
  readonly #wal: Wal
  #isScheduled = false
  #dataVersion: number
  #writeError: string | null = null

  constructor(sql: Sql, clock: Pick<Clock, 'now'>, report: (report: WriterReport) => void) {
    this.#sql = sql
    this.#clock = clock
    this.#report = report
    this.#dataVersion = this.#readDataVersion()
    this.#staging = new StagingQueue(sql, clock)
    this.#wal = new Wal(sql, () => this.#send({ isCheckpointDue: true }))
    this.#resume()
    this.#schedule()
  }

  push(request: WriterRequest): void {
    this.#queue.push(request)
    this.#schedule()
  }

  /** Calls back when everything that has arrived is settled. */
  whenIdle(done: () => void): void {
    if (this.#queue.isEmpty && this.#staging.isEmpty) done()
    else setImmediate(() => this.whenIdle(done))
  }

  /** Another thread has copied what it could of the write-ahead log. */
  noteCheckpoint(): void {
    this.#wal.noteCheckpoint()
  }

  /** Looks for commits of other processes; after a failed write, whether the disk takes one again. */
  poll(): void {
    const before = this.#writeError
    if (before !== null) this.#probe()
    const isChangedElsewhere = this.#sawOtherCommit()
    if (isChangedElsewhere || before !== this.#writeError) this.#send({ isChangedElsewhere })
  }

  #schedule(): void {
    if (this.#isScheduled || (this.#queue.isEmpty && this.#staging.isEmpty)) return
    this.#isScheduled = true
    // After the messages that have arrived in this turn of the loop.
    setImmediate(() => {
      this.#isScheduled = false
      this.#runBatch(this.#queue.take())
      this.#stage()
      this.#wal.noteCommit()
      this.#schedule()
    })
  }

  #runBatch(requests: readonly WriterRequest[]): void {
    const failed: WriterOutcome[] = []
    const prepared: BatchJob[] = []
    for (const request of requests) {
      try {
        const ready = request.prepared ?? prepareJob(request.job)
        if (request.job.kind === 'sweep' && isSweepBegin(request.job.progress)) this.#resume()
        if (!this.#staging.add(request, ready)) prepared.push({ request, prepared: ready })
      } catch (error) {
        failed.push({ id: request.id, error: toWire(error) })
      }
    }
    if (failed.length > 0) this.#send({ outcomes: failed })
    if (prepared.length === 0) return
    const begun = this.#commit(prepared)
    for (const one of prepared.slice(0, begun)) this.#staging.settle(one.prepared)
    this.#queue.putBack(
      prepared
        .slice(begun)
        .map(({ request, prepared: ready }) => ({ ...request, prepared: ready })),
    )
    this.#staging.noteDropped()
  }

  /** What a process that ended in between has left to do. */
  #resume(): void {
    this.#staging.sweep()
    for (const account of deletedAccounts(this.#sql))
      this.push({ id: nobody, now: this.#clock.now(), job: { kind: 'purgeAccount', account } })
    if (deletedViewers(this.#sql).length > 0)
      this.push({ id: nobody, now: this.#clock.now(), job: { kind: 'purgeViewers' } })
  }

  /** Between two batches: a step of what is too large for one. */
  #stage(): void {
    if (this.#staging.isEmpty) return
    try {
      const ready = this.#staging.step()
      if (ready !== undefined) this.#queue.push(ready)
    } catch (error) {
      const failed = this.#staging.fail()
      if (failed !== undefined) this.#fail([failed], error)
    }
  }

  /**
   * Answers how many were begun. When the database cannot write, the batch is tried job by job: a large message must not take small ones with it.
   */
  #commit(batch: readonly BatchJob[]): number {
    try {
      return this.#commitTogether(batch)
    } catch (error) {
      if (this.#sql.db.isTransaction) this.#sql.db.exec('ROLLBACK')
      if (batch.length > 1) for (const one of batch) this.#commit([one])
      else
        this.#fail(
          batch.map(({ request }) => request),
          error,
        )
      return batch.length
    }
  }

  #fail(requests: readonly WriterRequest[], error: unknown): void {
    const isBusy = isPassing(error)
    if (isBusy) this.#writeError = error instanceof Error ? error.message : String(error)
    const wire = toWire(isBusy ? storeBusy(`cannot write: ${String(error)}`) : error)
    this.#send({ outcomes: requests.flatMap((request) => this.#failed(request, wire)) })
  }

  /** None where what it has done is to be undone first. */
  #failed(request: WriterRequest, error: WireError): WriterOutcome[] {
    const undo = afterFailure(request.job, error)
    if (undo !== undefined) {
      this.#queue.push({ ...request, job: undo, prepared: undefined })
      return []
    }
    const { job } = request
    return [{ id: request.id, error: job.kind === 'goOn' ? (job.failure ?? error) : error }]
  }

  #settled(request: WriterRequest, result: JobResult): WriterOutcome[] {
    if ('next' in result) {
      this.#queue.push({ ...request, job: result.next, prepared: undefined })
      return []
    }
    const { id } = request
    return 'failure' in result ? [{ id, error: result.failure }] : [{ id, answer: result.answer }]
  }

  #commitTogether(batch: readonly BatchJob[]): number {
    const { db } = this.#sql
    db.exec('BEGIN IMMEDIATE')
    const results = this.#run(batch)
    db.exec('COMMIT')
    this.#writeError = null
    const changed = new Map<number, number>()
    let isQueueChanged = false
    let isDirectoryChanged = false
    const outcomes = results.flatMap((result, at): WriterOutcome[] => {
      const request = batch[at]?.request
      if (request === undefined) throw new Error('a result without its request')
      if ('error' in result) return this.#failed(request, result.error)
      for (const [account, modSeq] of result.context.changed()) changed.set(account, modSeq)
      isQueueChanged ||= result.context.isQueueChanged
      isDirectoryChanged ||= result.context.isDirectoryChanged
      return this.#settled(request, result.result)
    })
    this.#send({ outcomes, changed: [...changed], isQueueChanged, isDirectoryChanged })
    return results.length
  }

  /** Most batches have no job that fails: they do without savepoints, whose copies of pages cost as much as a job. */
  #run(batch: readonly BatchJob[]): readonly (Done | Failed)[] {
    const { db } = this.#sql
    try {
      return runTogether(this.#sql, batch)
    } catch (error) {
      // SQLite may have undone the whole transaction already: then nothing of the batch is there.
      if (isPassing(error) || !db.isTransaction) throw error
      db.exec('ROLLBACK')
      db.exec('BEGIN IMMEDIATE')
      return batch.length === 1 ? [{ error: toWire(error) }] : runApart(this.#sql, batch)
    }
  }

  #probe(): void {
    try {
      this.#sql.run('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)', this.#clock.now())
      this.#writeError = null
    } catch (error) {
      this.#writeError = error instanceof Error ? error.message : String(error)
    }
  }

  #sawOtherCommit(): boolean {
    const version = this.#readDataVersion()
    const isOther = version !== this.#dataVersion
    this.#dataVersion = version
    return isOther
  }

  #readDataVersion(): number {
    return this.#sql.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
  }

  #send(report: Partial<WriterReport>): void {
    this.#report({
      outcomes: [],
      changed: [],
      isQueueChanged: false,
      isDirectoryChanged: false,
      isChangedElsewhere: false,
      isCheckpointDue: false,
      writeError: this.#writeError,
      ...report,
    })
  }
}
