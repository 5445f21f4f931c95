import { isPassing, toWire, type WireError } from '../errors.ts'
import type { Sql } from '../sql.ts'
import { JobContext } from './job-context.ts'
import type { WriterRequest } from './protocol.ts'
import { type PreparedJob, runJob } from './run-job.ts'
import type { JobResult } from './slices/job-result.ts'

export interface BatchJob {
  readonly request: WriterRequest
  readonly prepared: PreparedJob
}
export interface Done {
  readonly result: JobResult
  readonly context: JobContext
}
export interface Failed {
  readonly error: WireError
}

/** Statements after which a turn begins no other job. */
const statementsPerTurn = 2_000

/**
 * Jobs one after another in the open transaction, until the turn is over: what is left is not begun. Deliveries in a row load their accounts once and
 * write the counters once. Throws what any of them throws: the caller undoes them all.
 */
export function runTogether(sql: Sql, batch: readonly BatchJob[]): Done[] {
  const until = sql.spent + statementsPerTurn
  let shared: JobContext | undefined
  const done: Done[] = []
  for (const { request, prepared } of batch) {
    if (sql.spent >= until) break
    const isDelivery = request.job.kind === 'deliver'
    if (!isDelivery) {
      shared?.finish()
      shared = undefined
    }
    const context: JobContext = shared ?? new JobContext(sql, request.now)
    const result = runJob(context, request.job, prepared)
    if (isDelivery) shared = context
    else context.finish()
    done.push({ result: result(), context })
  }
  shared?.finish()
  return done
}

/** As `runTogether`, each with a savepoint of its own: what throws undoes itself alone. */
export function runApart(sql: Sql, batch: readonly BatchJob[]): (Done | Failed)[] {
  const until = sql.spent + statementsPerTurn
  const done: (Done | Failed)[] = []
  for (const job of batch) {
    if (sql.spent >= until) break
    done.push(runAlone(sql, job))
  }
  return done
}

function runAlone(sql: Sql, job: BatchJob): Done | Failed {
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
}
