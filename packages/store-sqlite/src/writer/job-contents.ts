import { isMarkedAsUntransferable } from 'node:worker_threads'

import type { WriterJob } from './protocol.ts'

/** What is larger is read in a thread of its own: the worst of this size takes the writer a few milliseconds. */
const maxUnpreparedBytes = 65_536

const nothing: Uint8Array = new Uint8Array()

/** The bytes that a job brings. */
export function contentsOf(job: WriterJob): Uint8Array[] {
  if (job.kind === 'deliver') return [job.delivery.content]
  if (job.kind !== 'transact') return []
  return job.ops.flatMap((op) =>
    'content' in op && typeof op.content !== 'string' ? [op.content] : [],
  )
}

export function contentBytes(job: WriterJob): number {
  return contentsOf(job).reduce((sum, { byteLength }) => sum + byteLength, 0)
}

/** Content that is there already may be of any size: who reads it finds out. */
export function isLarge(job: WriterJob): boolean {
  return (
    job.kind === 'renewIndexes' ||
    contentBytes(job) > maxUnpreparedBytes ||
    (job.kind === 'transact' &&
      job.ops.some((op) => op.op === 'addEmail' && typeof op.content === 'string'))
  )
}

/** Memory that its caller is done with, and that holds nothing else: a clone of 35 MB takes the event loop 30 ms. */
export function movable(job: WriterJob): ArrayBuffer[] {
  if (job.kind !== 'deliver' || job.delivery.mayMoveContent !== true) return []
  const { buffer, byteLength } = job.delivery.content
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  return isWhole && !isMarkedAsUntransferable(buffer) ? [buffer] : []
}

/** What is prepared has the bytes. */
export function withoutContent(job: WriterJob): WriterJob {
  if (job.kind === 'deliver') return { ...job, delivery: { ...job.delivery, content: nothing } }
  if (job.kind !== 'transact') return job
  return {
    ...job,
    ops: job.ops.map((op) =>
      'content' in op && typeof op.content !== 'string' ? { ...op, content: nothing } : op,
    ),
  }
}
