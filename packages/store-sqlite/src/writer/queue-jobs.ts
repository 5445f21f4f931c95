import type { QueueLease, QueueOutcome } from '@gatepost/core'
import { queueId, queueNotFound } from '@gatepost/store-model'

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
  if (job.takesOver) releaseOthers(context, job)
  return chosen(context, job).map((group) => leaseGroup(context, job, group))
}

/** What they held is due at once. */
function releaseOthers({ sql }: JobContext, { owner, now }: Job<'lease'>): void {
  sql.run(
    `UPDATE queue_recipient SET is_leased = 0, lease_owner = '', due_at = ? WHERE is_leased = 1 AND lease_owner <> ?`,
    now,
    owner,
  )
}

interface Group {
  readonly queue: number
  readonly domain: string
}

interface GroupRow {
  readonly queue_id: number
  readonly domain: string
  readonly account_id: number | null
}

function chosen({ sql }: JobContext, job: Job<'lease'>): Group[] {
  const domains = new Set<string>()
  const ofSender = new Map<number | null, number>()
  const groups: Group[] = []
  function count(sender: number | null): void {
    ofSender.set(sender, (ofSender.get(sender) ?? 0) + 1)
  }
  const held = sql.all<GroupRow & { lease_owner: string }>(
    `SELECT DISTINCT r.queue_id, r.domain, r.lease_owner, m.account_id
       FROM queue_recipient r JOIN queue_message m ON m.id = r.queue_id WHERE r.is_leased = 1 AND r.due_at > ?`,
    job.now,
  )
  for (const { domain, lease_owner: owner, account_id: sender } of held) {
    domains.add(domain)
    if (owner === job.owner) count(sender)
  }
  // In the order of the index, so that no more is read than is taken or passed over.
  const due = sql.iterate<GroupRow>(
    `SELECT r.queue_id, r.domain, m.account_id FROM queue_recipient r JOIN queue_message m ON m.id = r.queue_id
       WHERE r.due_at <= ? ORDER BY r.due_at, r.queue_id, r.domain`,
    job.now,
  )
  for (const { queue_id: queue, domain, account_id: sender } of due) {
    const left = job.limit - groups.length
    if (left <= 0) break
    if (domains.has(domain) || (ofSender.get(sender) ?? 0) >= left) continue
    domains.add(domain)
    count(sender)
    groups.push({ queue, domain })
  }
  return groups
}

function leaseGroup({ sql }: JobContext, job: Job<'lease'>, { queue, domain }: Group): QueueLease {
  const leaseUntil = job.now + job.leaseMs
  const rows = sql.all<RecipientRow>(
    `UPDATE queue_recipient SET is_leased = 1, lease_owner = ?, due_at = ? WHERE queue_id = ? AND domain = ? AND due_at <= ?
       RETURNING ${recipientColumns}`,
    job.owner,
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
    `UPDATE queue_recipient SET is_leased = 0, lease_owner = '', due_at = ?, attempts = attempts + 1, last_reply = ?, is_delay_reported = ?
       WHERE queue_id = ? AND domain = ? AND address = ? AND is_leased = 1 AND due_at = ? AND lease_owner = ?`,
    outcome.nextAttemptAt,
    outcome.reply.slice(0, maxReplyLength),
    outcome.isDelayReported ? 1 : 0,
    job.queue,
    job.domain,
    outcome.address,
    job.leaseUntil,
    job.owner,
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
