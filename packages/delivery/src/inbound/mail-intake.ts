import {
  MailError,
  type AccountId,
  type Clock,
  type Delivery as NewMail,
  type DeliveryResult,
  type Directory,
  type IntakeResult,
  type LocalDelivery,
  type LocalDeliveryResult,
  type MailIntake,
  type MailStore,
  type NewContent,
  type Outbound,
  type OutboundRecipient,
  type ReceivedMessage,
  type Resolution,
  type SubmittedMessage,
} from '@gatepost/core'
import type { Logger, MetricCounter, Metrics } from '@gatepost/telemetry'

export interface IntakeOptions {
  readonly store: Pick<MailStore, 'deliver'>
  readonly directory: Pick<Directory, 'resolve'>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Tells the sender that a recipient could not take the message after all. */
  readonly bounce: (
    message: { readonly content: NewContent; readonly reversePath: string },
    refused: readonly RefusedRecipient[],
  ) => Promise<void>
}

export interface RefusedRecipient {
  readonly address: string
  readonly code: 'quota.exceeded' | 'account.notFound'
}

/** Resolves recipients to accounts and puts the message into the store: one transaction, one commit, one copy of the bytes. */
export class Intake implements MailIntake {
  readonly #options: IntakeOptions
  readonly #delivered: MetricCounter<'result'>

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#delivered = options.metrics.counter(
      'gatepost_deliveries_total',
      'Deliveries to accounts here',
      ['result'],
    )
  }

  async receive(message: ReceivedMessage): Promise<IntakeResult> {
    const targets = targetsOf(await this.#options.directory.resolve(message.recipients))
    const [first] = message.recipients
    if (targets.size === 0)
      return { kind: 'refused', reason: 'noSuchRecipient', address: first ?? '' }
    const { local } = await this.#store(message, targets, {
      isForAllOrNone: true,
      mayMoveContent: message.mayMoveContent === true,
    })
    // Told now, by the one reply that SMTP has: whoever forges senders would have us write to them.
    const refused = refusedOf(local, [...targets.values()])
    const [cause] = refused
    return cause === undefined ? { kind: 'accepted', queueId: null } : refusal(cause)
  }

  async submit(message: SubmittedMessage): Promise<IntakeResult> {
    const addresses = message.recipients.map(({ address }) => address)
    const resolved = await this.#options.directory.resolve(addresses)
    const unknown = addresses.find((address) => resolved.get(address)?.kind === 'unknown')
    if (unknown !== undefined)
      return { kind: 'refused', reason: 'noSuchRecipient', address: unknown }
    const foreign = message.recipients.filter(
      ({ address }) => resolved.get(address)?.kind === 'foreign',
    )
    return this.#deliver(
      message,
      targetsOf(resolved),
      foreign.length === 0 ? undefined : outboundOf(message, foreign),
    )
  }

  async #deliver(
    message: SubmittedMessage,
    targets: ReadonlyMap<AccountId, string>,
    outbound: Outbound | undefined,
  ): Promise<IntakeResult> {
    // One that fails while others succeed is told by mail, with the message.
    const mayBounce = targets.size > 0 && (targets.size > 1 || outbound !== undefined)
    const result = await this.#store(message, targets, {
      mayMoveContent: message.mayMoveContent === true && !mayBounce,
      ...(outbound === undefined ? {} : { outbound }),
    })
    const refused = refusedOf(result.local, [...targets.values()])
    const [first] = refused
    if (first !== undefined && refused.length === targets.size && outbound === undefined)
      return refusal(first)
    // SMTP has one reply for all: our own user is told by mail of those that failed while others succeeded.
    if (refused.length > 0) await this.#bounce(message, refused)
    return { kind: 'accepted', queueId: result.queueId }
  }

  async #store(
    message: { readonly content: NewContent },
    targets: ReadonlyMap<AccountId, string>,
    more: Pick<NewMail, 'outbound' | 'isForAllOrNone' | 'mayMoveContent'>,
  ): Promise<DeliveryResult> {
    const local: LocalDelivery[] = [...targets.keys()].map((accountId) => ({
      accountId,
      role: 'inbox',
      keywords: [],
    }))
    const { content } = message
    const receivedAt = this.#options.clock.now()
    const result = await this.#options.store.deliver({ content, receivedAt, local, ...more })
    for (const { kind } of result.local) this.#delivered.add({ result: kind })
    return result
  }

  async #bounce(
    message: { readonly content: NewContent; readonly reversePath: string },
    refused: readonly RefusedRecipient[],
  ): Promise<void> {
    try {
      await this.#options.bounce(message, refused)
    } catch (error) {
      if (!(error instanceof MailError)) throw error
      this.#options.logger.error(
        { err: error, refused: refused.map(({ address }) => address) },
        'a bounce could not be stored',
      )
    }
  }
}

/** Account -> the first address that led to it: an account gets one copy, however many of its addresses are named. */
function targetsOf(resolved: ReadonlyMap<string, Resolution>): Map<AccountId, string> {
  const targets = new Map<AccountId, string>()
  for (const [address, resolution] of resolved) {
    if (resolution.kind !== 'local') continue
    for (const { id } of resolution.accounts) if (!targets.has(id)) targets.set(id, address)
  }
  return targets
}

/** Without the content: beside the message it would cross to the writer once more. */
function outboundOf(message: SubmittedMessage, recipients: readonly OutboundRecipient[]): Outbound {
  const { reversePath, accountId, envelopeId, dsnReturn, isTlsRequired, notBefore } = message
  return {
    reversePath,
    recipients,
    accountId,
    envelopeId,
    dsnReturn,
    isTlsRequired,
    notBefore,
  }
}

/** Those that are the cause, in their order. */
function refusedOf(
  results: readonly LocalDeliveryResult[],
  addresses: readonly string[],
): RefusedRecipient[] {
  return results.flatMap((one, index) =>
    one.kind === 'refused' && one.code !== 'delivery.withheld'
      ? [{ address: addresses[index] ?? '', code: one.code }]
      : [],
  )
}

function refusal({ address, code }: RefusedRecipient): IntakeResult {
  const reason = code === 'quota.exceeded' ? 'overQuota' : 'noSuchRecipient'
  return { kind: 'refused', reason, address }
}
