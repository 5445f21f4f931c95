import type { Logins } from '@gatepost/auth'
import { DataMemory, type Clock, type DataShare, type MemoryPool } from '@gatepost/core'
import type { GateConnection } from '@gatepost/gate'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import type { Logger, MetricCounter, Metrics } from '@gatepost/telemetry'
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server'

import { looksLikeSmuggling } from '../grammar/line-endings.ts'
import type { Greeting, SmtpPolicy, SmtpSession } from '../session/policy.ts'
import type { ReceivedContent } from '../session/received-content.ts'
import { replies, replyOf, type SmtpReply } from '../session/smtp-reply.ts'
import { collectMessage } from './collect-message.ts'
import { GateSmtpConnection } from './gate-smtp-connection.ts'
import { InputTurns } from './input-turns.ts'
import type { SmtpLimits } from './smtp-limits.ts'
import { recipientPathOf, reversePathOf, senderPathOf, transactionOf } from './transaction-of.ts'

export interface GateSmtpServerOptions {
  readonly policy: SmtpPolicy
  /** Left out: AUTH is not offered (MX). */
  readonly logins?: Logins
  readonly security: AuthFailureLog
  readonly logger: Logger
  readonly metrics: Metrics
  readonly hostname: string
  readonly clock: Clock
  readonly limits: SmtpLimits
  readonly memory?: MemoryPool | undefined
  /** Left out: a message is in memory, whatever its size. */
  readonly spool?: Spool | undefined
  /** The gate has done the handshake already. */
  readonly isImplicitTls: boolean
}

type Done = (error?: Error | null) => void

/** npm smtp-server with its hooks wired to a policy. It never listens: the gate hands it its clients. */
export class GateSmtpServer extends SMTPServer {
  readonly #own: GateSmtpServerOptions
  readonly #bySession = new WeakMap<SMTPServerSession, GateSmtpConnection>()
  readonly #memory: DataMemory
  readonly #turns = new InputTurns()
  readonly #received: MetricCounter<'listener'>

  constructor(options: GateSmtpServerOptions) {
    const { limits, hostname, isImplicitTls } = options
    super({
      name: hostname,
      secure: isImplicitTls,
      secured: isImplicitTls,
      logger: false,
      size: limits.maxMessageBytes,
      maxRecipients: limits.maxRecipients,
      maxCommandLength: limits.maxCommandBytes,
      socketTimeout: limits.idleMs,
      disableReverseLookup: true,
      authOptional: true, // the policy says which command needs a login, with the right reply
      disabledCommands: [
        'WIZ',
        'SHELL',
        'KILL',
        'XCLIENT',
        'XFORWARD',
        ...(options.logins === undefined ? ['AUTH'] : []),
      ],
      hideENHANCEDSTATUSCODES: false,
      hideDSN: false,
      hideREQUIRETLS: options.logins === undefined,
      heloResponse: '%s greets you',
    })
    this.#own = options
    this.#memory = new DataMemory(limits, options.memory)
    this.#received = options.metrics.counter(
      'gatepost_smtp_messages_total',
      'Messages accepted over SMTP',
      ['listener'],
    )
  }

  /** The gate owns TLS; smtp-server would put a key that everybody knows here. */
  override updateSecureContext(): void {
    this.secureContext = new Map()
  }

  serve(client: GateConnection): void {
    const { security, limits } = this.#own
    const connection = new GateSmtpConnection(this, {
      client,
      security,
      limits,
      logins: this.#own.logins,
      replyTo: (error) => this.#replyOf(error),
      onGreeting: (greeting) => this.#greeted(greeting),
      isLenient: this.#own.logins !== undefined,
      turns: this.#turns,
    })
    this.#bySession.set(connection.session, connection)
    this.connections.add(connection)
    connection.on('error', (error) =>
      this.#own.logger.debug({ err: error, session: client.id }, 'SMTP connection error'),
    )
    connection.init()
  }

  override onMailFrom(
    address: SMTPServerAddress,
    session: SMTPServerSession,
    callback: Done,
  ): void {
    this.#run(callback, async () => {
      const { smtpSession } = this.#connection(session)
      address.address = await this.#own.policy.sender(smtpSession, senderPathOf(address))
    })
  }

  override onRcptTo(address: SMTPServerAddress, session: SMTPServerSession, callback: Done): void {
    const connection = this.#connection(session)
    this.#run(callback, async () => {
      try {
        address.address = await this.#own.policy.recipient(
          connection.smtpSession,
          reversePathOf(session.envelope),
          recipientPathOf(address, session),
        )
      } catch (error) {
        if (isForNow(error)) {
          connection.recipientDelayed()
          throw error
        }
        connection.refusedRecipients += 1
        throw connection.refusedRecipients >= this.#own.limits.maxRefusedRecipients
          ? replies.tooManyErrors()
          : error
      }
    })
  }

  override onData(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: (error?: Error | null, message?: string) => void,
  ): void {
    const connection = this.#connection(session)
    const share = this.#memory.enter(connection.remote)
    const accepted = this.#accept(stream, session, { connection, share })
    void this.#outcome(accepted.finally(() => share.leave())).then(({ error, value }) => {
      if (error === null) this.#received.add({ listener: connection.securityContext.listener })
      callback(error, value)
      // Its message was cut off: what comes next is the rest of it.
      if (!stream.readableEnded) connection.close()
      return connection.transactionDone(error === null)
    })
  }

  async #outcome(
    work: Promise<string>,
  ): Promise<{ readonly error: SmtpReply | null; readonly value?: string }> {
    try {
      return { error: null, value: await work }
    } catch (error) {
      return { error: this.#replyOf(error) }
    }
  }

  async #accept(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    client: { readonly connection: GateSmtpConnection; readonly share: DataShare },
  ): Promise<string> {
    const { limits, policy, security, clock } = this.#own
    const { connection, share } = client
    const { smtpSession } = connection
    const transaction = transactionOf(session)
    await using collected = await collectMessage(stream, {
      limits,
      share,
      spool: () => this.#own.spool?.begin(connection.remote),
      clock,
      onShortage: (shortage) => {
        // A client that finds nothing left since others have it does no wrong, nor does a server that brings a few large messages at once.
        if (shortage !== 'source' || share.connections <= honestMessages) return
        const event = { kind: 'data', open: share.connections } as const
        security.connectionLimited(connection.securityContext, event)
      },
      onTooSlow: () => security.slowClient(connection.securityContext, { kind: 'data' }),
    })
    const { content, bareLineEnding } = collected
    if (bareLineEnding !== -1)
      await this.#refuseBareLineEnding(content, bareLineEnding, smtpSession)
    // Awaited: its file is removed when it is taken.
    return await policy.message(smtpSession, transaction, content)
  }

  /** @throws SmtpReply 550 */
  async #refuseBareLineEnding(
    content: ReceivedContent,
    bare: number,
    session: SmtpSession,
  ): Promise<never> {
    const kind = (await looksLikeSmuggling(content, bare))
      ? 'smuggling_attempt'
      : 'bare_line_ending'
    const [byte] = await content.slice(bare, bare + 1)
    const detail = byte === 10 ? 'bare LF' : 'bare CR'
    this.#own.security.protocolAbuse(session.context, { kind, detail })
    this.#own.policy.offended?.(session)
    throw replies.bareLineEnding()
  }

  #connection(session: SMTPServerSession): GateSmtpConnection {
    const connection = this.#bySession.get(session)
    if (connection === undefined) throw new Error('a session that is not ours')
    return connection
  }

  #run(callback: Done, work: () => Promise<void>): void {
    void work().then(
      () => callback(),
      (error: unknown) => callback(this.#replyOf(error)),
    )
  }

  /** For the log alone: what fails here refuses nobody. */
  async #greeted(greeting: Greeting): Promise<void> {
    try {
      await this.#own.policy.greeted?.(greeting)
    } catch (error) {
      this.#own.logger.error({ err: error }, 'a greeting could not be judged')
    }
  }

  #replyOf(error: unknown): SmtpReply {
    const { reply, isUnexpected } = replyOf(error)
    if (isUnexpected) this.#own.logger.error({ err: error }, 'SMTP command failed')
    return reply
  }
}

/** On their way from one source at once: more that do not fit are told to the security log. */
const honestMessages = 4

/** Refused by no fault of the client's. */
function isForNow(error: unknown): boolean {
  return replyOf(error).reply.responseCode < 500
}
