import { loginClientOf, type LoginClient } from '@gatepost/auth'
import type { Access, IpAddress } from '@gatepost/core'
import {
  farewellWords,
  reportHandshake,
  type BoundLogin,
  type EndReason,
  type GateConnection,
} from '@gatepost/gate'
import type { AuthFailureLog, SecurityContext } from '@gatepost/security-crowdsec'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection'
import type { SMTPStream } from 'smtp-server/lib/smtp-stream'

import { parsePathCommand, type PathCommand, type PathVerb } from '../grammar/path-command.ts'
import { IdleCommands } from '../session/idle-commands.ts'
import type { Greeting, SmtpSession } from '../session/policy.ts'
import { pathReply, replies, type SmtpReply } from '../session/smtp-reply.ts'
import { AbuseReports, tooSoon } from './abuse-reports.ts'
import type { GateSmtpServer } from './gate-smtp-server.ts'
import type { InputTurns } from './input-turns.ts'
import { SessionTimers } from './session-timers.ts'
import type { SmtpLimits } from './smtp-limits.ts'
import { SmtpInputError, StrictSmtpStream } from './strict-smtp-stream.ts'

const httpRequest = /^[A-Z]{3,7} \/.* HTTP\/\d\.\d$/i
const ownEnhancedCode = /^[245]\.\d{1,3}\.\d{1,3} /

export interface GateSmtpConnectionOptions {
  readonly client: GateConnection
  readonly security: AuthFailureLog
  readonly limits: SmtpLimits
  /** The first greeting; the next command waits for it. */
  readonly onGreeting: (greeting: Greeting) => Promise<void>
  /** For our own users, whose printers and scripts know no grammar. */
  readonly isLenient: boolean
  /** Of all sessions. */
  readonly turns: InputTurns
}

/** smtp-server's connection behind our gate: no wait of its own before the greeting, TLS by the gate, strict lines, one account, and an end in its own words. */
export class GateSmtpConnection extends SMTPConnection {
  readonly #client: GateConnection
  readonly #security: AuthFailureLog
  readonly #onGreeting: (greeting: Greeting) => Promise<void>
  readonly #timers: SessionTimers
  readonly #turns: InputTurns
  readonly #isLenient: boolean
  readonly #idleCommands: IdleCommands
  readonly #abuse: AbuseReports
  #isShuttingDown = false
  #goodBye = ''
  #isAnnouncing = false
  #hasGreeted = false
  /** Of the MAIL or RCPT that is being handled. */
  #path: PathCommand | undefined
  access: Access | undefined
  authFailures = 0
  refusedRecipients = 0

  constructor(server: GateSmtpServer, options: GateSmtpConnectionOptions) {
    const { client } = options
    super(server, client.socket, {
      id: client.id,
      remoteAddress: client.remote.text,
      remotePort: client.remotePort,
    })
    this.#client = client
    this.#security = options.security
    this.#onGreeting = options.onGreeting
    this.#turns = options.turns
    this.#isLenient = options.isLenient
    this.#idleCommands = new IdleCommands(options.limits)
    this.#abuse = new AbuseReports({
      security: options.security,
      context: () => this.securityContext,
    })
    this.#timers = new SessionTimers({
      ...options.limits,
      isBusy: () => this._handlerPending || Boolean(this._dataStream),
      onIdle: () => this._onTimeout(),
      onOverdue: () => this.#refuse(replies.sessionTooLong()),
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

  get securityContext(): SecurityContext {
    return this.#client.securityContext
  }

  get remote(): IpAddress {
    return this.#client.remote
  }

  get loginClient(): LoginClient {
    return loginClientOf(this.#client)
  }

  authenticated(login: BoundLogin): void {
    this.access = login.access
    this.#client.bindLogin(login)
  }

  /** smtp-server makes everybody wait 100 ms here for early talkers; the gate has seen to that, and lets those through who are known. */
  override init(): void {
    if (!this.#client.hasTalkedEarly) {
      this._setListeners(() => this.connectionReady())
      return
    }
    this._setListeners(() => undefined)
    // Never ready: what it said has its turn first, for a better name. Half a command and lines that cannot be read have none.
    setImmediate(() => {
      if (!this._closing) this.send(421, tooSoon)
      else if (!this.#abuse.hasSome) this.#abuse.add('early_talker')
    })
  }

  override send(code: number, data: string | string[], context?: string | false): void {
    const text = Array.isArray(data) ? data[0] : data
    const hasOwnCode = typeof text === 'string' && ownEnhancedCode.test(text)
    if (code === 421 && typeof text === 'string') this.#abuse.closing(text)
    this.#timers.went()
    super.send(code, data, hasOwnCode ? false : context)
  }

  /** The transaction is over: a session that was asked to go goes now. */
  transactionDone(isTaken: boolean): void {
    if (isTaken) this.#idleCommands.messageTaken()
    if (this.#isShuttingDown) setImmediate(() => this.#refuse(replies.goodBye(this.#goodBye)))
    else this.#timers.messageDone()
  }

  /** A recipient was refused for now, by no fault of the client's. */
  recipientDelayed(): void {
    this.#idleCommands.excuse()
  }

  override _createParser(): SMTPStream {
    const parser = new StrictSmtpStream(
      // Called by the constructor above us: our own fields are not there yet.
      {
        maxCommandLength: this._server.options.maxCommandLength,
        turns: () => this.#turns,
        onPiece: () => this.#client.acknowledge(),
      },
      (kind) => this.#abuse.add(kind),
    )
    parser.oncommand = (command, callback) => this._onCommand(command, callback)
    parser.on('error', (error) => {
      if (error instanceof SmtpInputError) this.send(500, error.message)
      else this.send(421, `4.5.2 ${error.message}`)
      this.close()
    })
    return parser
  }

  override _onCommand(command: Buffer, callback?: () => void): void {
    if (this.#isShuttingDown) this.#refuse(replies.goodBye(this.#goodBye))
    // Too soon as well, but it is the better name for it.
    else if (!this._ready && httpRequest.test(command.toString('latin1')))
      this.send(421, 'HTTP requests not allowed')
    else if (this._ready && !this._closing && !this.#isGettingSomewhere(command))
      this.#refuse(replies.tooManyIdleCommands())
    else super._onCommand(command, callback)
  }

  /** AUTH is announced over TLS only (RFC 4954 section 4), but answered before it with the reason. */
  override _isSupported(command: string): boolean {
    if (this.#isAnnouncing && !this.secure && command === 'AUTH') return false
    return super._isSupported(command)
  }

  override handler_EHLO(command: Buffer, callback: () => void): void {
    if (this.#isRefusedAtHello()) return
    this.#isAnnouncing = true
    super.handler_EHLO(this.#oneName(command), () => void this.#greeted(callback))
    this.#isAnnouncing = false
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    if (this.#isRefusedAtHello()) return
    super.handler_HELO(this.#oneName(command), () => void this.#greeted(callback))
  }

  override handler_VRFY(command: Buffer, callback: () => void): void {
    this.#abuse.probed('VRFY', command)
    super.handler_VRFY(command, callback)
  }

  // RFC 5321 section 3.5.3: what is not offered is answered so.
  handler_EXPN(command: Buffer, callback: () => void): void {
    this.#abuse.probed('EXPN', command)
    this.#refuse(replies.notOffered())
    callback()
  }

  override _onTimeout(): void {
    const owesUsInput = !this._handlerPending && !this._closing
    const hasDoneSomething = this.access !== undefined || this._transactionCounter > 0
    if (owesUsInput && !hasDoneSomething)
      this.#security.slowClient(this.securityContext, { kind: 'command' })
    super._onTimeout()
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    if (this.secure) {
      super.handler_AUTH(command, callback)
      return
    }
    const mechanism = command.toString('latin1').split(/\s+/)[1] ?? ''
    this.#security.authFailed(this.securityContext, { user: '', mechanism, reason: 'not_over_tls' })
    this.#refuse(replies.authOnlyOverTls())
    callback()
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (this.#readPath('MAIL', command) && !this.#isChallenged())
      super.handler_MAIL(command, callback)
    else callback()
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (this.#readPath('RCPT', command)) super.handler_RCPT(command, callback)
    else callback()
  }

  /** smtp-server's own reader takes no quotes, refuses odd dots, and writes A-labels as U-labels. */
  override _parseAddressCommand(): ReturnType<SMTPConnection['_parseAddressCommand']> {
    if (this.#path === undefined) return false
    const { address, parameters, duplicate } = this.#path
    const args = parameters.size === 0 ? false : Object.fromEntries(parameters)
    return { address, args, duplicate }
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
      const secured = await this.#client.startTls()
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

  #isGettingSomewhere(command: Buffer): boolean {
    this.#timers.went()
    // A line of a login is no command, whatever it begins with.
    const verb = this._nextHandler === false ? command.toString('latin1', 0, 5).trim() : 'AUTH'
    return this.#idleCommands.mayGoOn(verb.toUpperCase())
  }

  /** False: it was refused. */
  #readPath(verb: PathVerb, command: Buffer): boolean {
    const found = parsePathCommand(verb, command.toString(), { isLenient: this.#isLenient })
    this.#path = found.kind === 'path' ? found : undefined
    if (found.kind === 'path') return true
    this.#refuse(pathReply(verb, found))
    return false
  }

  /** `EHLO HP LaserJet 400`: the name of a printer, which a trace field has as one word. */
  #oneName(command: Buffer): Buffer {
    const [verb, ...words] = command.toString().trim().split(/\s+/)
    return this.#isLenient && words.length > 1 ? Buffer.from(`${verb} ${words.join('-')}`) : command
  }

  #heldUntil(): number | undefined {
    const { judgement } = this.#client
    if (judgement.kind !== 'hold') return undefined
    this.#client.refused(judgement.decision, 'held')
    return judgement.decision.until
  }

  #isRefusedAtHello(): boolean {
    const { judgement } = this.#client
    if (judgement.kind !== 'refuse_at_hello') return false
    this.#client.refused(judgement.decision, 'refused')
    const { decision } = judgement
    this.#refuse(
      this.#client.mayReturn ? replies.blockedForNow(decision) : replies.blocked(decision),
    )
    this.close()
    return true
  }

  /** Whoever has logged in has proved enough; a server that is none of the attackers tries again. */
  #isChallenged(): boolean {
    const { judgement } = this.#client
    if (judgement.kind !== 'challenge' || this.access !== undefined) return false
    this.#client.refused(judgement.decision, 'greylisted')
    this.#refuse(replies.greylisted())
    return true
  }

  #refuse(reply: SmtpReply): void {
    this.send(reply.responseCode, reply.message)
  }

  /** Judged once: whoever greets again and again is the same client. */
  async #greeted(callback: () => void): Promise<void> {
    if (this.#hasGreeted || this.hostNameAppearsAs === false) {
      callback()
      return
    }
    this.#hasGreeted = true
    await this.#onGreeting({
      helo: this.hostNameAppearsAs,
      localAddress: this.#client.socket.localAddress ?? '',
      context: this.securityContext,
    })
    // It has had its reply, and may say nothing more by itself.
    if (this.#isShuttingDown) this.#refuse(replies.goodBye(this.#goodBye))
    callback()
  }

  #end(reason: EndReason): void {
    if (reason.kind === 'decision') {
      this.#refuse(replies.cutOff(reason.decision))
      return
    }
    // A message on its way is finished first: its sender would send it again otherwise.
    this.#isShuttingDown = true
    this.#goodBye = farewellWords(reason)
    const isInTransaction = this._handlerPending || Boolean(this._dataStream)
    if (!isInTransaction) this.#refuse(replies.goodBye(this.#goodBye))
  }
}
