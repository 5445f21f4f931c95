import type { QueuedRecipient, QueueLease, QueueOutcome } from '@gatepost/core'
import { oneLine } from '@gatepost/smtp'

import type { RecipientStatus } from '../dsn/delivery-status.ts'
import type { AttemptResult } from './remote-delivery.ts'
import { retryDelayMs, type RetrySchedule } from './retry-schedule.ts'

export interface Attempt {
  readonly lease: QueueLease
  readonly recipient: QueuedRecipient
  readonly result: AttemptResult
}

export interface JudgeOptions {
  readonly now: number
  readonly schedule: RetrySchedule
  readonly random: () => number
  /** The server stops: what it cut off is due again at once. */
  readonly isCutOff: boolean
}

export interface Judgement {
  readonly outcome: AttemptResult['outcome']
  readonly settlement: QueueOutcome
  /** What the sender is told. */
  readonly report?: RecipientStatus
}

/** What becomes of a recipient after a try: it leaves the queue, or it waits for the next one. */
export function judgeAttempt(attempt: Attempt, options: JudgeOptions): Judgement {
  const { lease, recipient, result } = attempt
  const { now, schedule, isCutOff } = options
  const { address, notify } = recipient
  const age = now - lease.message.createdAt
  const isOver = result.outcome === 'deferred' && !isCutOff && age >= schedule.giveUpMs
  const outcome = isOver ? 'failed' : result.outcome
  const status = { ...result, originalRecipient: recipient.originalRecipient }
  if (outcome === 'deferred') return deferred(attempt, status, options)
  const settlement = { kind: 'done', address } as const
  if (outcome === 'delivered') {
    const isReported = notify.includes('success') && !result.isDsnHandedOn
    return isReported
      ? { outcome, settlement, report: { ...status, action: 'relayed' } }
      : { outcome, settlement }
  }
  // RFC 3461 section 4.1: without NOTIFY a failure is reported.
  if (notify.length > 0 && !notify.includes('failure')) return { outcome, settlement }
  const failed = { action: 'failed', status: status.status.replace(/^4/, '5') } as const
  return { outcome, settlement, report: { ...status, ...failed } }
}

function deferred(
  { lease, recipient, result }: Attempt,
  status: Omit<RecipientStatus, 'action'>,
  { now, schedule, random, isCutOff }: JudgeOptions,
): Judgement {
  const { address, notify, isDelayReported, attempts } = recipient
  const isDelayed = now - lease.message.createdAt >= schedule.delayNoticeMs
  const isDelayDue = notify.includes('delay') && !isDelayReported && isDelayed
  const settlement = {
    kind: 'deferred',
    address,
    nextAttemptAt: isCutOff ? now : now + retryDelayMs(schedule, attempts, random()),
    reply: oneLine(result.reply),
    isDelayReported: isDelayReported || isDelayDue,
  } as const
  const judged = { outcome: 'deferred', settlement } as const
  return isDelayDue ? { ...judged, report: { ...status, action: 'delayed' } } : judged
}
