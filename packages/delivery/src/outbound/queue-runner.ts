import { setTimeout as pause } from 'node:timers/promises'

import {
  MailError,
  type Clock,
  type Queue,
  type QueueLease,
  type QueueOutcome,
  type QueuedRecipient,
} from '@gatepost/core'
import { withoutReturnPath } from '@gatepost/mime'
import { oneLine } from '@gatepost/smtp'
import type { Logger, MetricCounter, Metrics } from '@gatepost/telemetry'

import type { RecipientStatus } from '../dsn/delivery-status.ts'
import { judgeAttempt, type Judgement } from './judge-attempt.ts'
import {
  deliverRemotely,
  type AttemptResult,
  type RemoteDeliveryOptions,
} from './remote-delivery.ts'
import type { RetrySchedule } from './retry-schedule.ts'

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
// While the store is busy.
const firstWaitMs = 200
const maxWaitMs = 30_000

interface Tried {
  /** Empty when it could not be read. */
  readonly content: Buffer
  readonly results: readonly AttemptResult[]
}

/** Takes due messages off the queue, tries them, and settles what came of it. The queue sees to one conversation per domain at a time. */
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
      const now = this.#options.clock.now()
      let nextDueAt: number | undefined
      try {
        await this.#leaseDue(now)
        // What is due already and was passed over waits for a conversation to end, here or in another process.
        nextDueAt = await this.#options.queue.nextDueAt(now)
      } catch (error) {
        this.#options.logger.error({ err: error }, 'the queue could not be read')
      }
      await this.#sleep(nextDueAt)
    }
  }

  async #leaseDue(now: number): Promise<void> {
    const { queue, concurrency, remote } = this.#options
    const limit = concurrency - this.#busy.size
    if (limit <= 0) return
    const leases = await queue.lease({ now, leaseMs: remote.attemptMs + leaseMarginMs, limit })
    for (const lease of leases) {
      const work = this.#attempt(lease).finally(() => {
        this.#busy.delete(lease)
        this.#poke()
      })
      this.#busy.set(lease, work)
    }
  }

  async #attempt(lease: QueueLease): Promise<void> {
    const { queue, logger } = this.#options
    try {
      const tried = await this.#try(lease)
      if (tried === undefined) {
        await queue.settle(lease, lease.recipients.map(gone))
        return
      }
      const { content, results } = tried
      const byAddress = new Map(results.map((result) => [result.address, result]))
      const judged = lease.recipients.map((recipient) => {
        const { address } = recipient
        const result = byAddress.get(address) ?? ownFailure(address, 'no result')
        return this.#judge(lease, recipient, result)
      })
      const outcomes = judged.map(({ settlement }) => settlement)
      const reports = judged.flatMap(({ report }) => report ?? [])
      // The report first: a crash in between tells the sender twice, never not at all.
      if (reports.length > 0) await this.#insist(lease, () => this.#report(lease, content, reports))
      await this.#insist(lease, () => queue.settle(lease, outcomes))
    } catch (error) {
      // The lease ends by time and the recipients are due again.
      logger.error(
        { err: error, queueId: lease.message.id, domain: lease.domain },
        'a try could not be settled',
      )
    }
  }

  /**
   * Undefined: the message has left the queue since. What fails by itself is a failure for now of all recipients: it has its number of tries, as all have,
   * and ends.
   */
  async #try(lease: QueueLease): Promise<Tried | undefined> {
    const { queue, remote, logger } = this.#options
    let content: Buffer = Buffer.alloc(0)
    try {
      const stored = await queue.content(lease.message.id)
      if (stored === undefined) return undefined
      content = withoutReturnPath(stored)
      const results = await deliverRemotely(lease, content, {
        ...remote,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(remote.attemptMs)]),
      })
      return { content, results }
    } catch (error) {
      logger.error({ err: error, queueId: lease.message.id, domain: lease.domain }, 'a try failed')
      const results = lease.recipients.map(({ address }) => ownFailure(address, 'internal error'))
      return { content, results }
    }
  }

  /** A report that cannot be made is no reason to send the message once more. @throws MailError busy */
  async #report(
    lease: QueueLease,
    content: Buffer,
    recipients: readonly RecipientStatus[],
  ): Promise<void> {
    try {
      await this.#options.report(lease, content, recipients)
    } catch (error) {
      if (isBusy(error)) throw error
      this.#options.logger.error(
        { err: error, queueId: lease.message.id },
        'a report could not be made',
      )
    }
  }

  /** Again while the store is busy, as with a full disk, for as long as the lease lasts: what has been delivered would go out once more. */
  async #insist(lease: QueueLease, write: () => Promise<void>): Promise<void> {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, maxWaitMs)) {
      try {
        await write()
        return
      } catch (error) {
        const isOver = this.#options.clock.now() + waitMs >= lease.leaseUntil
        if (!isBusy(error) || isOver || this.#isStopping) throw error
      }
      await pause(waitMs, undefined, { signal: this.#stop.signal })
    }
  }

  #judge(lease: QueueLease, recipient: QueuedRecipient, result: AttemptResult): Judgement {
    const { clock, schedule, random, logger } = this.#options
    const judgement = judgeAttempt(
      { lease, recipient, result },
      { now: clock.now(), schedule, random, isCutOff: this.#stop.signal.aborted },
    )
    const { outcome } = judgement
    this.#attempts.add({ outcome })
    logger.info(
      {
        queueId: lease.message.id,
        to: recipient.address,
        outcome,
        reply: oneLine(result.reply),
        host: result.remoteHost,
        detail: result.detail,
      },
      'outbound',
    )
    return judgement
  }

  #poke(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  async #sleep(until: number | undefined): Promise<void> {
    if (!this.#isWoken && !this.#isStopping) {
      const ms =
        until === undefined
          ? maxSleepMs
          : Math.min(maxSleepMs, Math.max(10, until - this.#options.clock.now()))
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

function gone({ address }: QueuedRecipient): QueueOutcome {
  return { kind: 'done', address }
}

/** RFC 3463 section 3.4: of this system, for now. */
function ownFailure(address: string, reason: string): AttemptResult {
  return {
    address,
    outcome: 'deferred',
    status: '4.3.0',
    reply: `451 4.3.0 ${reason}`,
    remoteHost: null,
    isDsnHandedOn: false,
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof MailError && error.kind === 'busy'
}
