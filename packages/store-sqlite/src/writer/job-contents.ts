import { isMarkedAsUntransferable } from 'node:worker_threads'

import type { MailOp } from '@gatepost/core'

import type { WriterJob } from './protocol.ts'

/** Up to here the writer prepares a message itself: the way to another thread and back costs more than it takes off the writer (docs/adr/0023). */
const maxOwnBytes = 65_536
/** The same where cores are free and others wait for the writer: then it is its own time that counts. */
const maxOwnBytesOfMany = 8_192

/** What is larger is prepared apart from the rest: the worst of this size takes 20 ms. */
const maxSmallBytes = 262_144

const nothing: Uint8Array = new Uint8Array()

/** The bytes that a job brings. */
function contentsOf(job: WriterJob): Uint8Array[] {
  if (job.kind === 'deliver') return [job.delivery.content]
  if (job.kind !== 'transact') return []
  return job.ops.flatMap((op) =>
    'content' in op && typeof op.content !== 'string' ? [op.content] : [],
  )
}

export function contentBytes(job: WriterJob): number {
  return contentsOf(job).reduce((sum, { byteLength }) => sum + byteLength, 0)
}

export interface WriterLoad {
  /** Nothing else waits for the writer. */
  readonly isAlone: boolean
  /** Threads that the machine runs at once. */
  readonly cores: number
}

/** Which thread prepares it. */
export function preparedBy(job: WriterJob, load: WriterLoad): 'writer' | 'small' | 'large' {
  // Content that is there already may be of any size: who reads it finds out.
  if (job.kind === 'renewIndexes' || (job.kind === 'transact' && job.ops.some(addsStored)))
    return 'large'
  const bytes = contentBytes(job)
  if (bytes <= (load.isAlone || load.cores <= 2 ? maxOwnBytes : maxOwnBytesOfMany)) return 'writer'
  return bytes <= maxSmallBytes ? 'small' : 'large'
}

function addsStored(op: MailOp): boolean {
  return op.op === 'addEmail' && typeof op.content === 'string'
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
