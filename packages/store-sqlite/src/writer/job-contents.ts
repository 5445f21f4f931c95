import { contentSize, type MailOp, type NewContent } from '@gatepost/core'
import { movable, type SizeClass, sizeClassOf } from '@gatepost/store-model'

import type { WriterJob } from './protocol.ts'

/** Up to here the writer prepares a message itself: the way to another thread and back costs more than it takes off the writer (docs/adr/0023). */
const maxOwnBytes = 65_536
/** The same where cores are free and others wait for the writer: then it is its own time that counts. */
const maxOwnBytesOfMany = 8_192

const nothing: Uint8Array = new Uint8Array()

function contentsOf(job: WriterJob): NewContent[] {
  if (job.kind === 'deliver') return [job.delivery.content]
  if (job.kind !== 'transact') return []
  return job.ops.flatMap((op) =>
    'content' in op && typeof op.content !== 'string' ? [op.content] : [],
  )
}

/** What a job brings. */
export function contentBytes(job: WriterJob): number {
  return contentsOf(job).reduce((sum, content) => sum + contentSize(content), 0)
}

/** Of it what is in memory while the job waits: spooled content is in its file. */
export function heldBytes(job: WriterJob): number {
  return contentsOf(job).reduce(
    (sum, content) => sum + (content instanceof Uint8Array ? content.byteLength : 0),
    0,
  )
}

export interface WriterLoad {
  /** Nothing else waits for the writer. */
  readonly isAlone: boolean
  /** Threads that the machine runs at once. */
  readonly cores: number
}

/** Which thread prepares it. */
export function preparedBy(job: WriterJob, load: WriterLoad): 'writer' | SizeClass {
  // Content that is there already may be of any size: who reads it finds out.
  if (job.kind === 'renewIndexes' || (job.kind === 'transact' && job.ops.some(addsStored)))
    return 'large'
  const bytes = contentBytes(job)
  if (bytes <= (load.isAlone || load.cores <= 2 ? maxOwnBytes : maxOwnBytesOfMany)) return 'writer'
  return sizeClassOf(bytes)
}

function addsStored(op: MailOp): boolean {
  return op.op === 'addEmail' && typeof op.content === 'string'
}

/** What its caller is done with. */
export function movableOf(job: WriterJob): ArrayBuffer[] {
  const mayMove = job.kind === 'deliver' && job.delivery.mayMoveContent === true
  return mayMove ? movable(job.delivery.content) : []
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
