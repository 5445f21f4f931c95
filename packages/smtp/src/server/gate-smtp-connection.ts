import type { Logins } from '@gatepost/auth'
import type { Access } from '@gatepost/core'
import { farewellWords, reportHandshake, type EndReason } from '@gatepost/gate'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'

import { IdleCommands } from '../session/idle-commands.ts'
import type { Greeting, SmtpSession } from '../session/policy.ts'
import { replies, type SmtpReply } from '../session/smtp-reply.ts'
import { tooSoon } from './abuse-reports.ts'
import type { GateSmtpServer } from './gate-smtp-server.ts'
import { SessionTimers } from './session-timers.ts'
import type { SmtpLimits } from './smtp-limits.ts'
import { announcedMechanisms, logInOverSmtp } from './smtp-login.ts'
import { StrictSmtpConnection, type StrictSmtpConnectionOptions } from './strict-smtp-connection.ts'

const httpRequest = /^[A-Z]{3,7} \/.* HTTP\/\d\.\d$/i
const ownEnhancedCode = /^[245]\.\d{1,3}\.\d{1,3} /

export interface GateSmtpConnectionOptions extends StrictSmtpConnectionOptions {
  readonly limits: SmtpLimits
  /** Left out: no AUTH. */
  readonly logins: Logins | undefined
  /** The first greeting; the next command waits for it. */
  readonly onGreeting: (greeting: Greeting) => Promise<void>
  /** What a client hears of an error. */
  readonly replyTo: (error: unknown) => SmtpReply
}

/** smtp-server's connection behind our gate: no wait of its own before the greeting, TLS and logins by the gate, one account, and an end in its own words. */
export class GateSmtpConnection extends StrictSmtpConnection {
  readonly #own: GateSmtpConnectionOptions
  readonly #security: AuthFailureLog
  readonly #timers: SessionTimers
  readonly #idleCommands: IdleCommands
  #isShuttingDown = false
  #goodBye = ''
  /** The lines that EHLO gets beside smtp-server's, while it is answered. */
  #announced: readonly string[] | undefined
  #authFailures = 0
  #hasGreeted = false
  access: Access | undefined
  refusedRecipients = 0

  constructor(server: GateSmtpServer, options: GateSmtpConnectionOptions) {
    const { client } = options
    super(server, options)
    this.#own = options
    this.#security = options.security
    this.#idleCommands = new IdleCommands(options.limits)
    this.#timers = new SessionTimers({
      ...options.limits,
      isBusy: () => this._handlerPending || Boolean(this._dataStream),
      onIdle: () => this._onTimeout(),
      onOverdue: () => this.refuse(replies.sessionTooLong()),
    })
    client.socket.once('close', () => this.#timers.stop())
    client.onEnd((reason) => this.#end(reason))
  }

  get smtpSession(): SmtpSession {
    return {
      id: `${this.id}.${this.session.transaction}`,
      context: this.securityContext,
      access: this.access,
      isSecure: this.secure,
      helo: this.session.hostNameAppearsAs,
      transmissionType: this.session.transmissionType,
      declaredBytes: this.#declaredBytes,
      isUtf8Announced: this.session.envelope?.smtpUtf8 === true,
      heldUntil: () => this.#heldUntil(),
    }
  }

  get #declaredBytes(): number {
    const { mailFrom } = this.session.envelope
    const size = mailFrom === false || mailFrom.args === false ? undefined : mailFrom.args['SIZE']
    return Number(size ?? 0) || 0
  }

  /** smtp-server makes everybody wait 100 ms here for early talkers; the gate has seen to that, and lets those through who are known. */
  override init(): void {
    if (!this.client.hasTalkedEarly) {
      this._setListeners(() => this.connectionReady())
      return
    }
    this._setListeners(() => undefined)
    // Never ready: what it said has its turn first, for a better name. Half a command and lines that cannot be read have none.
    setImmediate(() => {
      if (!this._closing) this.send(421, tooSoon)
      else if (!this.abuse.hasSome) this.abuse.add('early_talker')
    })
  }

  override send(code: number, data: string | string[], context?: string | false): void {
    const text = Array.isArray(data) ? data[0] : data
    const hasOwnCode = typeof text === 'string' && ownEnhancedCode.test(text)
    if (code === 421 && typeof text === 'string') this.abuse.closing(text)
    this.#timers.went()
    const lines = Array.isArray(data) ? [...data, ...(this.#announced ?? [])] : data
    super.send(code, lines, hasOwnCode ? false : context)
  }

  /** The transaction is over: a session that was asked to go goes now. */
  transactionDone(isTaken: boolean): void {
    if (isTaken) this.#idleCommands.messageTaken()
    if (this.#isShuttingDown) setImmediate(() => this.refuse(replies.goodBye(this.#goodBye)))
    else this.#timers.messageDone()
  }

  /** A recipient was refused for now, by no fault of the client's. */
  recipientDelayed(): void {
    this.#idleCommands.excuse()
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (this.#isShuttingDown) this.refuse(replies.goodBye(this.#goodBye))
    // Too soon as well, but it is the better name for it.
    else if (!this._ready && httpRequest.test(command.toString('latin1')))
      this.send(421, 'HTTP requests not allowed')
    else if (this._ready && !this._closing && !this.#isGettingSomewhere(command))
      this.refuse(replies.tooManyIdleCommands())
    else super._onCommand(command, callback)
  }

  /** AUTH is known, but announced by ourselves: smtp-server has one list of mechanisms for all connections. */
  override _isSupported(command: string): boolean {
    return !(command === 'AUTH' && this.#announced !== undefined) && super._isSupported(command)
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    if (!this.#isRefusedAtHello()) void this.#greetExtended(command, callback)
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    if (this.#isRefusedAtHello()) return
    super.handler_HELO(this.oneName(command), () => void this.#greeted(callback))
  }

  override _onTimeout(): void {
    const owesUsInput = !this._handlerPending && !this._closing
    const hasDoneSomething = this.access !== undefined || this._transactionCounter > 0
    if (owesUsInput && !hasDoneSomething)
      this.#security.slowClient(this.securityContext, { kind: 'command' })
    super._onTimeout()
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    void this.#logIn(command, callback)
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (this.readPath('MAIL', command) && !this.#isChallenged())
      super.handler_MAIL(command, callback)
    else callback()
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (this.readPath('RCPT', command)) super.handler_RCPT(command, callback)
    else callback()
  }

  /** STARTTLS (RFC 3207) through the gate. What the parser still holds came in plaintext: it goes with the parser, and so does what the client said before. */
  override upgrade(callback: () => void): void {
    const retired = this._parser
    if (retired === false) return
    const plain = this._socket
    plain.unpipe(retired)
    plain.setTimeout(0)
    retired.isClosed = true
    this._upgrading = true
    this._parser = this._createParser()
    setImmediate(callback)
    void this.#secure()
  }

  async #secure(): Promise<void> {
    try {
      const secured = await this.client.startTls()
      if (this._parser === false) return
      this._socket = secured
      this._upgrading = false
      this.session.secure = this.secure = true
      this.hostNameAppearsAs = false
      this.openingCommand = false
      this._resetSession()
      this.session.tlsOptions = this.tlsOptions = secured.getCipher()
      secured.on('error', (error) => this._onError(error))
      this._armTimeout(secured)
      secured.pipe(this._parser)
    } catch (error) {
      const { securityContext } = this
      reportHandshake(this.#security, { securityContext, speaksHttp: false }, error)
    }
  }

  /** What AUTH offers depends on the connection and on the accounts. */
  async #greetExtended(command: Buffer, callback: () => void): Promise<void> {
    const mechanisms = await announcedMechanisms(this.#own.logins, this.client)
    this.#announced = this.access === undefined && mechanisms !== '' ? [`AUTH ${mechanisms}`] : []
    super.handler_EHLO(this.oneName(command), () => void this.#greeted(callback))
    this.#announced = undefined
  }

  async #logIn(command: Buffer, callback: () => void): Promise<void> {
    const { logins, limits, replyTo } = this.#own
    let resume = callback
    const outcome = await logInOverSmtp(command.toString('latin1'), {
      client: this.client,
      logins,
      isTooLate: this.access !== undefined || this.session.envelope.mailFrom !== false,
      ask: (challenge) =>
        new Promise((resolve) => {
          this._nextHandler = (line, next) => {
            resume = next
            resolve(line.toString('latin1').trim())
          }
          this.send(334, challenge, false)
          resume()
        }),
    }).catch((error: unknown) => ({ kind: 'reply', reply: replyTo(error) }) as const)
    if (outcome.kind === 'authenticated') {
      this.access = outcome.access
      this.session.user = outcome.access.principal.name
      this.session.transmissionType = this._transmissionType()
      this.client.bindLogin(outcome)
      this.send(235, 'Authentication successful', 'AUTH_SUCCESS')
    } else if (outcome.kind === 'refused') {
      this.#authFailures += 1
      const isLast = this.#authFailures >= limits.maxAuthFailures
      this.refuse(isLast ? replies.tooManyErrors() : replies.authFailed())
    } else this.refuse(outcome.reply)
    resume()
  }

  #isGettingSomewhere(command: Buffer): boolean {
    this.#timers.went()
    // A line of a login is no command, whatever it begins with.
    const verb = this._nextHandler === false ? command.toString('latin1', 0, 5).trim() : 'AUTH'
    return this.#idleCommands.mayGoOn(verb.toUpperCase())
  }

  #heldUntil(): number | undefined {
    const { judgement } = this.client
    if (judgement.kind !== 'hold') return undefined
    this.client.refused(judgement.decision, 'held')
    return judgement.decision.until
  }

  #isRefusedAtHello(): boolean {
    const { judgement } = this.client
    if (judgement.kind !== 'refuse_at_hello') return false
    this.client.refused(judgement.decision, 'refused')
    const { decision } = judgement
    this.refuse(this.client.mayReturn ? replies.blockedForNow(decision) : replies.blocked(decision))
    this.close()
    return true
  }

  /** Whoever has logged in has proved enough; a server that is none of the attackers tries again. */
  #isChallenged(): boolean {
    const { judgement } = this.client
    if (judgement.kind !== 'challenge' || this.access !== undefined) return false
    this.client.refused(judgement.decision, 'greylisted')
    this.refuse(replies.greylisted())
    return true
  }

  /** Judged once: whoever greets again and again is the same client. */
  async #greeted(callback: () => void): Promise<void> {
    if (this.#hasGreeted || this.hostNameAppearsAs === false) {
      callback()
      return
    }
    this.#hasGreeted = true
    await this.#own.onGreeting({
      helo: this.hostNameAppearsAs,
      localAddress: this.client.socket.localAddress ?? '',
      context: this.securityContext,
    })
    // It has had its reply, and may say nothing more by itself.
    if (this.#isShuttingDown) this.refuse(replies.goodBye(this.#goodBye))
    callback()
  }

  #end(reason: EndReason): void {
    if (reason.kind === 'decision') {
      this.refuse(replies.cutOff(reason.decision))
      return
    }
    // A message on its way is finished first: its sender would send it again otherwise.
    this.#isShuttingDown = true
    this.#goodBye = farewellWords(reason)
    const isInTransaction = this._handlerPending || Boolean(this._dataStream)
    if (!isInTransaction) this.refuse(replies.goodBye(this.#goodBye))
  }
}
