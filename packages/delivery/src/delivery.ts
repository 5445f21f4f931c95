import {
  contentHead,
  parseAddress,
  type Clock,
  type Directory,
  type MailIntake,
  type MailStore,
  type NewContent,
  type Queue,
  type QueueLease,
} from '@gatepost/core'
import { returnPathField } from '@gatepost/mime'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { buildStatusReport, type RecipientStatus } from './dsn/delivery-status.ts'
import { Intake, type RefusedRecipient } from './inbound/mail-intake.ts'
import type { MailHostFinder } from './outbound/mail-hosts.ts'
import { QueueRunner } from './outbound/queue-runner.ts'
import { defaultRetrySchedule, type RetrySchedule } from './outbound/retry-schedule.ts'

export interface DeliveryOptions {
  readonly store: Pick<MailStore, 'deliver'>
  readonly queue: Queue
  readonly directory: Pick<Directory, 'resolve'>
  readonly hosts: MailHostFinder
  readonly hostname: string
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly schedule?: RetrySchedule
}

/** Mail in, mail out, and the reports that go back when something fails. */
export class Delivery implements AsyncDisposable {
  readonly intake: MailIntake
  readonly #options: DeliveryOptions
  readonly #runner: QueueRunner

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.intake = new Intake({
      ...options,
      bounce: (message, refused) => this.#bounce(message, refused),
    })
    this.#runner = new QueueRunner({
      ...options,
      schedule: options.schedule ?? defaultRetrySchedule,
      concurrency: 20,
      remote: {
        hosts: options.hosts,
        hostname: options.hostname,
        connectMs: 30_000,
        totalMs: 600_000,
        attemptMs: 1_800_000,
      },
      report: (lease, content, recipients) => this.#reportQueued(lease, content, recipients),
    })
  }

  start(): void {
    this.#runner.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]()
  }

  #reportQueued(
    lease: QueueLease,
    content: Buffer,
    recipients: readonly RecipientStatus[],
  ): Promise<void> {
    const { reversePath, envelopeId, createdAt, dsnReturn } = lease.message
    return this.#send({
      to: reversePath,
      recipients,
      envelopeId,
      arrivedAt: createdAt,
      original: content,
      dsnReturn,
    })
  }

  #bounce(
    message: { readonly content: NewContent; readonly reversePath: string },
    refused: readonly RefusedRecipient[],
  ): Promise<void> {
    const recipients = refused.map(({ address, code }): RecipientStatus => {
      const isFull = code === 'quota.exceeded'
      const status = isFull ? '5.2.2' : '5.1.1'
      const reply = isFull ? '552 5.2.2 Mailbox full' : '550 5.1.1 No such user here'
      return { address, originalRecipient: null, action: 'failed', status, reply, remoteHost: null }
    })
    const arrivedAt = this.#options.clock.now()
    // The header is all that goes back.
    const { buffer, byteOffset, byteLength } = contentHead(message.content)
    return this.#send({
      to: message.reversePath,
      recipients,
      envelopeId: null,
      arrivedAt,
      original: Buffer.from(buffer, byteOffset, byteLength),
      dsnReturn: 'headers',
    })
  }

  async #send(report: {
    readonly to: string
    readonly recipients: readonly RecipientStatus[]
    readonly envelopeId: string | null
    readonly arrivedAt: number
    readonly original: Buffer
    readonly dsnReturn: 'full' | 'headers'
  }): Promise<void> {
    const { hostname, clock, store, directory, logger } = this.#options
    const sender = parseAddress(report.to)
    // RFC 5321 section 4.5.5: nobody hears of a bounce that bounces.
    if (sender === undefined) return
    const now = clock.now()
    const content = buildStatusReport({
      ...report,
      hostname,
      now: new Date(now),
      arrivedAt: new Date(report.arrivedAt),
    })
    const resolved = await directory.resolve([sender.address])
    const resolution = resolved.get(sender.address) ?? { kind: 'unknown' }
    if (resolution.kind === 'unknown') {
      logger.warn({ to: sender.address }, 'a status report has nowhere to go')
      return
    }
    const accounts = resolution.kind === 'local' ? resolution.accounts : []
    await store.deliver({
      content:
        resolution.kind === 'local'
          ? Buffer.concat([Buffer.from(returnPathField('')), content])
          : content,
      receivedAt: now,
      local: accounts.map(({ id }) => ({ accountId: id, role: 'inbox', keywords: [] })),
      ...(resolution.kind === 'foreign'
        ? {
            outbound: {
              reversePath: '',
              accountId: null,
              recipients: [
                { address: sender.spelled, notify: ['never'] as const, originalRecipient: null },
              ],
              envelopeId: null,
              dsnReturn: 'headers' as const,
              isTlsRequired: false,
            },
          }
        : {}),
    })
  }
}
