import type { Clock } from '@gatepost/core'
import { storeBusy } from '@gatepost/store-model'

import { isPassing, toWire } from '../errors.ts'
import type { Sql } from '../sql.ts'
import type { WriterOutcome, WriterReport, WriterRequest } from './protocol.ts'
import { type BatchJob, type Done, type Failed, runApart, runTogether } from './run-batch.ts'
import { prepareJob } from './run-job.ts'
import { StagingQueue } from './staging-queue.ts'

/** Jobs in one commit. */
const maxBatch = 1_000

/**
 * The one writer. Jobs that have arrived together share one transaction and one fsync; one that fails takes no other with it.
 * A commit never waits for jobs that are not there yet.
 */
export class WriterLoop {
  readonly #sql: Sql
  readonly #clock: Pick<Clock, 'now'>
  readonly #report: (report: WriterReport) => void
  readonly #staging: StagingQueue
  #waiting: WriterRequest[] = []
  #isScheduled = false
  #dataVersion: number
  #writeError: string | null = null

  constructor(sql: Sql, clock: Pick<Clock, 'now'>, report: (report: WriterReport) => void) {
    this.#sql = sql
    this.#clock = clock
    this.#report = report
    this.#dataVersion = this.#readDataVersion()
    this.#staging = new StagingQueue(sql, clock)
    this.#staging.sweep()
    this.#schedule()
  }

  push(request: WriterRequest): void {
    this.#waiting.push(request)
    this.#schedule()
  }

  /** Calls back when everything that has arrived is settled. */
  whenIdle(done: () => void): void {
    if (this.#waiting.length === 0 && this.#staging.isEmpty) done()
    else setImmediate(() => this.whenIdle(done))
  }

  /** Looks for commits of other processes; after a failed write, whether the disk takes one again. */
  poll(): void {
    const before = this.#writeError
    if (before !== null) this.#probe()
    const isChangedElsewhere = this.#sawOtherCommit()
    if (isChangedElsewhere || before !== this.#writeError) this.#send({ isChangedElsewhere })
  }

  #schedule(): void {
    if (this.#isScheduled || (this.#waiting.length === 0 && this.#staging.isEmpty)) return
    this.#isScheduled = true
    // After the messages that have arrived in this turn of the loop.
    setImmediate(() => {
      this.#isScheduled = false
      this.#runBatch(this.#waiting.splice(0, maxBatch))
      this.#stage()
      this.#schedule()
    })
  }

  #runBatch(requests: readonly WriterRequest[]): void {
    const failed: WriterOutcome[] = []
    const prepared: BatchJob[] = []
    for (const request of requests) {
      try {
        const ready = request.prepared ?? prepareJob(request.job)
        if (request.job.kind === 'maintain') this.#staging.sweep()
        if (!this.#staging.add(request, ready)) prepared.push({ request, prepared: ready })
      } catch (error) {
        failed.push({ id: request.id, error: toWire(error) })
      }
    }
    if (failed.length > 0) this.#send({ outcomes: failed })
    if (prepared.length > 0) this.#commit(prepared)
    for (const one of prepared) this.#staging.settle(one.prepared)
  }

  /** Between two batches: a step of what is too large for one. */
  #stage(): void {
    if (this.#staging.isEmpty) return
    try {
      const ready = this.#staging.step()
      if (ready !== undefined) this.#waiting.push(ready)
    } catch (error) {
      const failed = this.#staging.fail()
      if (failed !== undefined) this.#fail([failed], error)
    }
  }

  /** When the database cannot write, the batch is tried job by job: a large message must not take small ones with it. */
  #commit(batch: readonly BatchJob[]): void {
    try {
      this.#commitTogether(batch)
    } catch (error) {
      if (this.#sql.db.isTransaction) this.#sql.db.exec('ROLLBACK')
      if (batch.length > 1) {
        for (const one of batch) this.#commit([one])
        return
      }
      this.#fail(
        batch.map(({ request }) => request),
        error,
      )
    }
  }

  #fail(requests: readonly WriterRequest[], error: unknown): void {
    const isBusy = isPassing(error)
    if (isBusy) this.#writeError = error instanceof Error ? error.message : String(error)
    const wire = toWire(isBusy ? storeBusy(`cannot write: ${String(error)}`) : error)
    this.#send({ outcomes: requests.map(({ id }) => ({ id, error: wire })) })
  }

  #commitTogether(batch: readonly BatchJob[]): void {
    const { db } = this.#sql
    db.exec('BEGIN IMMEDIATE')
    const results = this.#run(batch)
    db.exec('COMMIT')
    this.#writeError = null
    const changed = new Map<number, number>()
    let isQueueChanged = false
    const outcomes = results.map((result, at): WriterOutcome => {
      const id = batch[at]?.request.id ?? 0
      if ('error' in result) return { id, error: result.error }
      for (const [account, modSeq] of result.context.changed()) changed.set(account, modSeq)
      isQueueChanged ||= result.context.isQueueChanged
      return { id, answer: result.answer }
    })
    this.#send({ outcomes, changed: [...changed], isQueueChanged })
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
      isChangedElsewhere: false,
      writeError: this.#writeError,
      ...report,
    })
  }
}
