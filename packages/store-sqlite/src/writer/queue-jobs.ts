import type { QueueLease, QueueOutcome } from '@gatepost/core'

import { queueNotFound } from '../errors.ts'
import { queueId } from '../ids.ts'
import {
  messageColumns,
  messageOf,
  type MessageRow,
  recipientColumns,
  recipientOf,
  type RecipientRow,
} from '../queue/queue-rows.ts'
import { dropBlobRef } from './blobs.ts'
import type { JobContext } from './job-context.ts'
import type { WriterJob } from './protocol.ts'

type Job<Kind extends WriterJob['kind']> = Extract<WriterJob, { kind: Kind }>

const maxReplyLength = 1_000

export function lease(context: JobContext, job: Job<'lease'>): QueueLease[] {
  const groups = context.sql.all<{ queue_id: number; domain: string }>(
    `SELECT queue_id, domain FROM queue_recipient
       WHERE due_at <= ? AND domain NOT IN (SELECT value FROM json_each(?))
       GROUP BY queue_id, domain ORDER BY min(due_at), queue_id LIMIT ?`,
    job.now,
    JSON.stringify(job.busyDomains),
    job.limit,
  )
  return groups.map(({ queue_id: queue, domain }) => leaseGroup(context, job, { queue, domain }))
}

function leaseGroup(
  { sql }: JobContext,
  job: Job<'lease'>,
  { queue, domain }: { readonly queue: number; readonly domain: string },
): QueueLease {
  const leaseUntil = job.now + job.leaseMs
  const rows = sql.all<RecipientRow>(
    `UPDATE queue_recipient SET is_leased = 1, due_at = ? WHERE queue_id = ? AND domain = ? AND due_at <= ?
       RETURNING ${recipientColumns}`,
    leaseUntil,
    queue,
    domain,
    job.now,
  )
  const message = sql.get<MessageRow>(
    `SELECT ${messageColumns} FROM queue_message WHERE id = ?`,
    queue,
  )
  if (message === undefined) throw new Error(`queue entry ${queue} has recipients but no message`)
  return { message: messageOf(message), domain, recipients: rows.map(recipientOf), leaseUntil }
}

/** A delivered recipient leaves even when its lease has ended since: it must not get the mail once more. */
export function settle(context: JobContext, job: Job<'settle'>): null {
  for (const outcome of job.outcomes) settleOne(context, job, outcome)
  dropEmpty(context, job.queue)
  return null
}

function settleOne({ sql }: JobContext, job: Job<'settle'>, outcome: QueueOutcome): void {
  if (outcome.kind === 'done') {
    sql.run(
      'DELETE FROM queue_recipient WHERE queue_id = ? AND domain = ? AND address = ?',
      job.queue,
      job.domain,
      outcome.address,
    )
    return
  }
  sql.run(
    `UPDATE queue_recipient SET is_leased = 0, due_at = ?, attempts = attempts + 1, last_reply = ?, is_delay_reported = ?
       WHERE queue_id = ? AND domain = ? AND address = ? AND is_leased = 1 AND due_at = ?`,
    outcome.nextAttemptAt,
    outcome.reply.slice(0, maxReplyLength),
    outcome.isDelayReported ? 1 : 0,
    job.queue,
    job.domain,
    outcome.address,
    job.leaseUntil,
  )
}

export function retryQueue(context: JobContext, job: Job<'retryQueue'>): number {
  const { sql, now } = context
  if (job.queue !== null && !hasMessage(context, job.queue)) throw queueNotFound(queueId(job.queue))
  context.isQueueChanged = true
  return sql.run(
    'UPDATE queue_recipient SET due_at = ?1 WHERE is_leased = 0 AND (?2 IS NULL OR queue_id = ?2)',
    now,
    job.queue,
  )
}

export function deleteQueue(context: JobContext, job: Job<'deleteQueue'>): null {
  if (!hasMessage(context, job.queue)) throw queueNotFound(queueId(job.queue))
  context.sql.run('DELETE FROM queue_recipient WHERE queue_id = ?', job.queue)
  dropEmpty(context, job.queue)
  return null
}

function dropEmpty({ sql }: JobContext, queue: number): void {
  const left = sql.get('SELECT 1 FROM queue_recipient WHERE queue_id = ? LIMIT 1', queue)
  if (left !== undefined) return
  const row = sql.get<{ blob_id: number }>(
    'DELETE FROM queue_message WHERE id = ? RETURNING blob_id',
    queue,
  )
  if (row !== undefined) dropBlobRef(sql, row.blob_id)
}

function hasMessage({ sql }: JobContext, queue: number): boolean {
  return sql.get('SELECT 1 FROM queue_message WHERE id = ?', queue) !== undefined
}
