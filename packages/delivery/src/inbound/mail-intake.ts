import {
  MailError,
  type AccountId,
  type Clock,
  type Directory,
  type IntakeResult,
  type LocalDelivery,
  type MailIntake,
  type MailStore,
  type OutboundRecipient,
  type ReceivedMessage,
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
    message: { readonly content: Uint8Array; readonly reversePath: string },
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
    const targets = this.#targetsOf(message.recipients)
    const [first] = message.recipients
    if (targets.size === 0)
      return { kind: 'refused', reason: 'noSuchRecipient', address: first ?? '' }
    return this.#deliver(message, targets, undefined)
  }

  async submit(message: SubmittedMessage): Promise<IntakeResult> {
    const isForeign = ({ address }: OutboundRecipient): boolean =>
      this.#options.directory.resolve(address).kind === 'foreign'
    const foreign = message.recipients.filter(isForeign)
    const own = message.recipients
      .filter((recipient) => !isForeign(recipient))
      .map(({ address }) => address)
    const unknown = own.find(
      (address) => this.#options.directory.resolve(address).kind === 'unknown',
    )
    if (unknown !== undefined)
      return { kind: 'refused', reason: 'noSuchRecipient', address: unknown }
    return this.#deliver(
      message,
      this.#targetsOf(own),
      foreign.length === 0 ? undefined : { ...message, recipients: foreign },
    )
  }

  /** Account -> the first address that led to it: an account gets one copy, however many of its addresses are named. */
  #targetsOf(addresses: readonly string[]): Map<AccountId, string> {
    const targets = new Map<AccountId, string>()
    for (const address of addresses) {
      const resolution = this.#options.directory.resolve(address)
      if (resolution.kind !== 'local') continue
      for (const { id } of resolution.accounts) if (!targets.has(id)) targets.set(id, address)
    }
    return targets
  }

  async #deliver(
    message: { readonly content: Uint8Array; readonly reversePath: string },
    targets: ReadonlyMap<AccountId, string>,
    outbound: SubmittedMessage | undefined,
  ): Promise<IntakeResult> {
    const addresses = [...targets.values()]
    const local: LocalDelivery[] = [...targets.keys()].map((accountId) => ({
      accountId,
      role: 'inbox',
      keywords: [],
    }))
    const result = await this.#options.store.deliver({
      content: message.content,
      receivedAt: this.#options.clock.now(),
      local,
      ...(outbound === undefined ? {} : { outbound }),
    })
    const refused: RefusedRecipient[] = []
    for (const [index, one] of result.local.entries()) {
      this.#delivered.add({ result: one.kind })
      if (one.kind === 'refused') refused.push({ address: addresses[index] ?? '', code: one.code })
    }
    const [first] = refused
    if (first !== undefined && refused.length === local.length && outbound === undefined) {
      return {
        kind: 'refused',
        reason: first.code === 'quota.exceeded' ? 'overQuota' : 'noSuchRecipient',
        address: first.address,
      }
    }
    // SMTP has one reply for all: those that failed while others succeeded are told of by mail.
    if (refused.length > 0) await this.#bounce(message, refused)
    return { kind: 'accepted', queueId: result.queueId }
  }

  async #bounce(
    message: { readonly content: Uint8Array; readonly reversePath: string },
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
