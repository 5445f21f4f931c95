import type { MailOp, PrincipalId } from '@gatepost/core'

import type { WireError } from '../../errors.ts'
import type { AccountTx } from '../account-tx.ts'
import type { JobContext } from '../job-context.ts'
import { type AnyResult, runOp } from '../ops/run-ops.ts'
import {
  beginWide,
  continueWide,
  finishWide,
  isWide,
  undoingWide,
  type WideOp,
  type WideProgress,
} from '../ops/wide-op.ts'
import type { WriterJob } from '../protocol.ts'
import { type JobResult, statementsPerSlice } from './job-result.ts'

type GoOn = Extract<WriterJob, { kind: 'goOn' }>

/** The one wide op of a list that has nothing else to do: what is done in slices. */
export function slicedOp(ops: readonly MailOp[]): WideOp | undefined {
  const last = ops.at(-1)
  const isAlone = ops.slice(0, -1).every(({ op }) => op === 'expectState')
  return last !== undefined && isAlone && isWide(last) ? last : undefined
}

/** The first slice of a list that is done in slices. */
export function beginSliced(
  tx: AccountTx,
  ops: readonly MailOp[],
  { wide, viewer }: { readonly wide: WideOp; readonly viewer: PrincipalId | undefined },
): () => JobResult {
  const earlier = ops.slice(0, -1).map((op) => runOp(tx, op, undefined)())
  const progress = beginWide(tx, wide)
  return slice(tx, { account: tx.id, viewer, earlier, progress, failure: null })
}

export function goOn(context: JobContext, job: GoOn): () => JobResult {
  return slice(context.accountAs(job.account, job.viewer), job)
}

/** What is to be done after a slice has failed: take back what those before it did, where the op is all or nothing. */
export function afterFailure(job: WriterJob, failure: WireError): WriterJob | undefined {
  if (job.kind !== 'goOn' || job.failure !== null) return undefined
  const progress = undoingWide(job.progress)
  // Also when it failed because they have no access any more.
  return progress === undefined ? undefined : { ...job, viewer: undefined, progress, failure }
}

interface Sliced {
  readonly account: number
  readonly viewer?: PrincipalId | undefined
  readonly earlier: readonly AnyResult[]
  readonly progress: WideProgress
  readonly failure: WireError | null
}

function slice(tx: AccountTx, sliced: Sliced): () => JobResult {
  const { earlier, progress, failure } = sliced
  const until = tx.spent + statementsPerSlice
  const after = continueWide(tx, progress, () => tx.spent < until)
  if (after.walk !== undefined)
    return () => ({ next: { ...sliced, kind: 'goOn', progress: after } })
  const answer = finishWide(tx, after)
  return () => (failure === null ? { answer: [...earlier, answer()] } : { failure })
}
