import type { MailOp } from '@gatepost/core'
import { type PreparedMessage, prepareBlob, prepareMessage } from '@gatepost/store-model'

import type { BlobRow } from './blobs.ts'
import { deliver } from './deliver.ts'
import { deleteAccount, runDirectoryJob } from './directory-jobs.ts'
import { addDomain, deleteDomain } from './domain-jobs.ts'
import type { JobContext } from './job-context.ts'
import { type PreparedContent, runOp } from './ops/run-ops.ts'
import { setAccess } from './principals/grants.ts'
import { runPrincipalJob } from './principals/run-principal-job.ts'
import type { WriterAnswer, WriterJob } from './protocol.ts'
import { deleteQueue, lease, retryQueue, settle } from './queue-jobs.ts'
import { renewIndexes } from './renew-indexes.ts'
import { beginSliced, goOn, slicedOp } from './slices/go-on.ts'
import type { JobResult } from './slices/job-result.ts'
import { purgeAccount } from './slices/purge-account.ts'
import { purgeViewers } from './slices/purge-viewers.ts'
import { sweep } from './slices/sweep.ts'
import { takeBackCopies } from './slices/take-back-copies.ts'
import type { StageableBlob } from './staging.ts'

/** A job with all that is derived from its bytes. */
export type PreparedJob =
  | { readonly kind: 'transact'; readonly contents: readonly (PreparedContent | undefined)[] }
  | { readonly kind: 'deliver'; readonly message: PreparedMessage }
  | { readonly kind: 'renewal'; readonly messages: readonly (PreparedMessage | undefined)[] }
  | { readonly kind: 'plain' }

/** Content that is there already: undefined when it is not. */
export interface StoredMessages {
  ofAccount(content: string): PreparedMessage | undefined
  ofBlob(blob: BlobRow): PreparedMessage | undefined
}

const noMessages: StoredMessages = { ofAccount: () => undefined, ofBlob: () => undefined }

/** Runs before the transaction begins, so that no lock is held while a message is read. */
export function prepareJob(job: WriterJob, stored: StoredMessages = noMessages): PreparedJob {
  if (job.kind === 'deliver')
    return { kind: 'deliver', message: prepareMessage(job.delivery.content) }
  if (job.kind === 'transact')
    return { kind: 'transact', contents: job.ops.map((op) => prepareContent(op, stored)) }
  if (job.kind === 'renewIndexes')
    return { kind: 'renewal', messages: job.blobs.map((blob) => stored.ofBlob(blob)) }
  return { kind: 'plain' }
}

function prepareContent(op: MailOp, stored: StoredMessages): PreparedContent | undefined {
  if (op.op === 'putBlob') return { kind: 'blob', blob: prepareBlob(op.content) }
  if (op.op !== 'addEmail') return undefined
  const message =
    typeof op.content === 'string' ? stored.ofAccount(op.content) : prepareMessage(op.content)
  return message === undefined ? undefined : { kind: 'message', message }
}

/** Runs a job inside the open transaction; throws to have it undone. What came of it is taken after `context.finish`. */
export function runJob(
  context: JobContext,
  job: WriterJob,
  prepared: PreparedJob,
): () => JobResult {
  if (job.kind === 'transact')
    return transact(context, job, prepared.kind === 'transact' ? prepared.contents : [])
  if (job.kind === 'goOn') return goOn(context, job)
  if (job.kind === 'purgeAccount') return purgeAccount(context, job)
  if (job.kind === 'purgeViewers') return purgeViewers(context, job)
  if (job.kind === 'sweep') return sweep(context, job)
  if (job.kind === 'takeBackCopies') return takeBackCopies(context, job)
  const result = runWholeJob(context, job, prepared)
  return () => result
}

function runWholeJob(context: JobContext, job: WholeJob, prepared: PreparedJob): JobResult {
  if (job.kind === 'deleteAccount') return deleteAccount(context, job.address)
  if (job.kind === 'setAccess') return setAccess(context, job.grant)
  return { answer: runPlainJob(context, job, prepared) }
}

function transact(
  context: JobContext,
  { account, ops, viewer }: Extract<WriterJob, { kind: 'transact' }>,
  contents: readonly (PreparedContent | undefined)[],
): () => JobResult {
  const tx = context.accountAs(account, viewer)
  const wide = slicedOp(ops)
  if (wide !== undefined) return beginSliced(tx, ops, { wide, viewer })
  const results = ops.map((op, at) => runOp(tx, op, contents[at]))
  return () => ({ answer: results.map((result) => result()) })
}

/** Done in one transaction, or begun in one. */
type WholeJob = Exclude<
  WriterJob,
  { kind: 'transact' | 'goOn' | 'purgeAccount' | 'purgeViewers' | 'sweep' | 'takeBackCopies' }
>
type PlainJob = Exclude<WholeJob, { kind: 'deleteAccount' | 'setAccess' }>

function runPlainJob(context: JobContext, job: PlainJob, prepared: PreparedJob): WriterAnswer {
  switch (job.kind) {
    case 'deliver':
      if (prepared.kind !== 'deliver') throw new Error('a delivery that is not prepared')
      return deliver(context, job.delivery, prepared.message)
    case 'lease':
      return lease(context, job)
    case 'settle':
      return settle(context, job)
    case 'renewIndexes':
      return renewIndexes(context, job, prepared.kind === 'renewal' ? prepared.messages : [])
    case 'retryQueue':
      return retryQueue(context, job)
    case 'deleteQueue':
      return deleteQueue(context, job)
    case 'addDomain':
      return addDomain(context, job.name)
    case 'deleteDomain':
      return deleteDomain(context, job.name)
    case 'addAccount':
    case 'setQuota':
    case 'addAlias':
    case 'deleteAlias':
      return runDirectoryJob(context, job)
    case 'setPassword':
    case 'addAppPassword':
    case 'deleteAppPassword':
    case 'setRoles':
    case 'noteUse':
    case 'addScramKeys':
      return runPrincipalJob(context, job)
    default:
      throw new Error(`unknown job ${String((job as { kind: unknown }).kind)}`)
  }
}

/** The contents that it brings. */
export function blobsIn(prepared: PreparedJob): readonly StageableBlob[] {
  switch (prepared.kind) {
    case 'deliver':
      return [prepared.message]
    case 'transact':
      return prepared.contents.flatMap((content) => {
        if (content === undefined) return []
        return content.kind === 'message' ? [content.message] : [content.blob]
      })
    case 'renewal':
    case 'plain':
      return []
  }
}
