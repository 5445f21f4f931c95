import type { Clock, Queue, QueueLease, QueueOutcome, QueuedRecipient } from '@gatepost/core'
import { withoutReturnPath } from '@gatepost/mime'
import { oneLine } from '@gatepost/smtp'
import type { Logger, MetricCounter, Metrics } from '@gatepost/telemetry'

import type { RecipientStatus } from '../dsn/delivery-status.ts'
import {
  deliverRemotely,
  type AttemptResult,
  type RemoteDeliveryOptions,
} from './remote-delivery.ts'
import { retryDelayMs, type RetrySchedule } from './retry-schedule.ts'

export interface QueueRunnerOptions {
  readonly queue: Queue
  readonly remote: RemoteDeliveryOptions
  readonly schedule: RetrySchedule
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  /** Conversations with other servers at once. */
  readonly concurrency: number
  /** Sends a status report to the sender of a queued message. Resolves when it is on disk. */
  readonly report: (
    lease: QueueLease,
    content: Buffer,
    recipients: readonly RecipientStatus[],
  ) => Promise<void>
}

// Longer than a try may take, so that a lease ends before its runner only when the runner is dead.
const leaseMarginMs = 60_000
// Another process (the command line) may have made something due.
const maxSleepMs = 5000
const finishWithinMs = 3000

/** Takes due messages off the queue, tries them, and settles what came of it. One conversation per domain at a time. */
export class QueueRunner implements AsyncDisposable {
  readonly #options: QueueRunnerOptions
  readonly #stop = new AbortController()
  readonly #busy = new Map<QueueLease, Promise<void>>()
  readonly #attempts: MetricCounter<'outcome'>
  #wake: (() => void) | undefined
  #isWoken = false
  #isStopping = false
  #loop: Promise<void> = Promise.resolve()
  #unsubscribe: () => void = () => undefined

  constructor(options: QueueRunnerOptions) {
    this.#options = options
    this.#attempts = options.metrics.counter(
      'gatepost_outbound_attempts_total',
      'Tries to hand a message to another server',
      ['outcome'],
    )
  }

  start(): void {
    this.#unsubscribe = this.#options.queue.onEnqueued(() => this.#poke())
    this.#loop = this.#run()
  }

  /** Leaves conversations a moment to finish, since a message cut off after its dot is sent twice; what is cut off is due again at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    this.#unsubscribe()
    this.#poke()
    await this.#loop
    const cutOff = setTimeout(() => this.#stop.abort(), finishWithinMs)
    await Promise.all(this.#busy.values())
    clearTimeout(cutOff)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#leaseDue()
      } catch (error) {
        this.#options.logger.error({ err: error }, 'the queue could not be read')
      }
      await this.#sleep()
    }
  }

  async #leaseDue(): Promise<void> {
    const { queue, clock, concurrency, remote } = this.#options
    const limit = concurrency - this.#busy.size
    if (limit <= 0) return
    const leases = await queue.lease({
      now: clock.now(),
      leaseMs: remote.attemptMs + leaseMarginMs,
      limit,
      held: [...this.#busy.keys()].map(({ domain, message: { accountId } }) => ({
        domain,
        accountId,
      })),
    })
    for (const lease of leases) {
      const work = this.#attempt(lease).finally(() => {
        this.#busy.delete(lease)
        this.#poke()
      })
      this.#busy.set(lease, work)
    }
  }

  async #attempt(lease: QueueLease): Promise<void> {
    const { queue, logger, remote } = this.#options
    try {
      const stored = queue.content(lease.message.id)
      if (stored === undefined) return
      const content = withoutReturnPath(stored)
      const results = await deliverRemotely(lease, content, {
        ...remote,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(remote.attemptMs)]),
      })
      const outcomes: QueueOutcome[] = []
      const reports: RecipientStatus[] = []
      for (const recipient of lease.recipients) {
        const result = results.find(({ address }) => address === recipient.address)
        if (result !== undefined) this.#judge(lease, { recipient, result }, { outcomes, reports })
      }
      // The report first: a crash in between tells the sender twice, never not at all.
      if (reports.length > 0) await this.#options.report(lease, content, reports)
      await queue.settle(lease, outcomes)
    } catch (error) {
      // The lease ends by time and the recipients are due again.
      logger.error(
        { err: error, queueId: lease.message.id, domain: lease.domain },
        'a try could not be settled',
      )
    }
  }

  #judge(
    lease: QueueLease,
    { recipient, result }: { readonly recipient: QueuedRecipient; readonly result: AttemptResult },
    to: { readonly outcomes: QueueOutcome[]; readonly reports: RecipientStatus[] },
  ): void {
    const { clock, schedule, random, logger } = this.#options
    const now = clock.now()
    const age = now - lease.message.createdAt
    const isStopping = this.#stop.signal.aborted && result.outcome === 'deferred'
    const isGivenUp = !isStopping && result.outcome === 'deferred' && age >= schedule.giveUpMs
    const outcome = isGivenUp ? 'failed' : result.outcome
    const { address, notify } = recipient
    this.#attempts.add({ outcome })
    logger.info(
      {
        queueId: lease.message.id,
        to: address,
        outcome,
        reply: oneLine(result.reply),
        host: result.remoteHost,
        detail: result.detail,
      },
      'outbound',
    )

    const status: Omit<RecipientStatus, 'action'> = {
      ...result,
      originalRecipient: recipient.originalRecipient,
    }
    const asksFor = (word: 'success' | 'delay'): boolean => notify.includes(word)
    if (outcome === 'delivered') {
      if (asksFor('success') && !result.isDsnHandedOn)
        to.reports.push({ ...status, action: 'relayed' })
      to.outcomes.push({ kind: 'done', address })
      return
    }
    if (outcome === 'failed') {
      // RFC 3461 section 4.1: without NOTIFY a failure is reported.
      if (notify.length === 0 || notify.includes('failure'))
        to.reports.push({ ...status, action: 'failed', status: status.status.replace(/^4/, '5') })
      to.outcomes.push({ kind: 'done', address })
      return
    }
    const isDelayDue =
      asksFor('delay') && !recipient.isDelayReported && age >= schedule.delayNoticeMs
    if (isDelayDue) to.reports.push({ ...status, action: 'delayed' })
    to.outcomes.push({
      kind: 'deferred',
      address,
      nextAttemptAt: isStopping ? now : now + retryDelayMs(schedule, recipient.attempts, random()),
      reply: oneLine(result.reply),
      isDelayReported: recipient.isDelayReported || isDelayDue,
    })
  }

  #poke(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  async #sleep(): Promise<void> {
    if (!this.#isWoken && !this.#isStopping) {
      const due = this.#options.queue.nextDueAt()
      const ms =
        due === undefined
          ? maxSleepMs
          : Math.min(maxSleepMs, Math.max(10, due - this.#options.clock.now()))
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#isWoken = false
  }
}
