import { isPassing, toWire, type WireError } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { JobContext } from './job-context.ts'
import type { WriterAnswer, WriterRequest } from './protocol.ts'
import { type PreparedJob, runJob } from './run-job.ts'

export interface BatchJob {
  readonly request: WriterRequest
  readonly prepared: PreparedJob
}
export interface Done {
  readonly answer: WriterAnswer
  readonly context: JobContext
}
export interface Failed {
  readonly error: WireError
}

/**
 * Jobs one after another in the open transaction. Deliveries in a row load their accounts once and write the counters once.
 * Throws what any of them throws: the caller undoes them all.
 */
export function runTogether(sql: Sql, batch: readonly BatchJob[]): Done[] {
  let shared: JobContext | undefined
  const done = batch.map(({ request, prepared }): Done => {
    const isDelivery = request.job.kind === 'deliver'
    if (!isDelivery) {
      shared?.finish()
      shared = undefined
    }
    const context = shared ?? new JobContext(sql, request.now)
    const answer = runJob(context, request.job, prepared)
    if (isDelivery) shared = context
    else context.finish()
    return { answer: answer(), context }
  })
  shared?.finish()
  return done
}

/** As `runTogether`, each with a savepoint of its own: what throws undoes itself alone. */
export function runApart(sql: Sql, batch: readonly BatchJob[]): (Done | Failed)[] {
  return batch.map((job) => {
    sql.run('SAVEPOINT job')
    try {
      const [done] = runTogether(sql, [job])
      if (done === undefined) throw new Error('a batch of one has one answer')
      sql.run('RELEASE job')
      return done
    } catch (error) {
      // SQLite may have undone the whole transaction: then nothing of the batch is there.
      if (isPassing(error) || !sql.db.isTransaction) throw error
      sql.run('ROLLBACK TO job')
      sql.run('RELEASE job')
      return { error: toWire(error) }
    }
  })
}
