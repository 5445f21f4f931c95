import { farewellWords, type EndReason, type GateConnection } from '@gatepost/gate'
import type { SecurityContext } from '@gatepost/security-crowdsec'

import { ArgumentReader } from '../grammar/argument-reader.ts'
import type { Frame } from '../grammar/command-framer.ts'
import { parseCommand, readTag, type ParsedCommand } from '../grammar/parse-command.ts'
import { capabilitiesBeforeLogin } from './capabilities.ts'
import { commandTable } from './command-table.ts'
import type { Command, CommandContext, CommandEnd, SessionState } from './command.ts'
import { ConnectionEnded } from './connection-ended.ts'
import { completionOf } from './imap-reply.ts'
import { LiteralGuard } from './literal-guard.ts'
import { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'
import { InputTimeout, SessionInput } from './session-input.ts'
import type { SessionPorts } from './session-ports.ts'
import { syncMailbox } from './sync-mailbox.ts'

const httpRequest = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|PATCH|TRACE) \S+ HTTP\//

/** One client from its greeting to its end: reads a command, runs it, answers, one after the other. */
export class ImapSession {
  readonly #ports: SessionPorts
  readonly #connection: GateConnection
  readonly #input: SessionInput
  readonly #writer: ResponseWriter
  readonly #literals: LiteralGuard
  readonly #loginDeadline: NodeJS.Timeout
  readonly #state: SessionState = {
    access: undefined,
    selected: undefined,
    isCondstoreEnabled: false,
    authFailures: 0,
  }
  #isCondstoreTold = false
  #badCommands = 0
  #commandsBeforeLogin = 0
  /** It is to end once its command is done. */
  #ending: EndReason | undefined
  #isLast = false

  constructor(ports: SessionPorts, connection: GateConnection) {
    this.#ports = ports
    this.#connection = connection
    this.#input = new SessionInput(connection.socket, ports.limits, {
      onTls: () => {
        ports.security.protocolAbuse(this.#securityContext, { kind: 'tls_on_plain_port' })
        this.#bye('TLS begins with STARTTLS here')
        this.#input.detach()
      },
      onPiece: () => connection.acknowledge(),
    })
    this.#writer = new ResponseWriter(connection.socket, ports.limits.writeMs)
    this.#literals = new LiteralGuard(ports)
    this.#loginDeadline = setTimeout(() => {
      ports.security.slowClient(this.#securityContext, { kind: 'login' })
      this.#bye('Too slow to log in')
    }, ports.limits.loginMs)
    connection.onEnd((reason) => this.#end(reason))
  }

  /** Resolves when the session is over; never rejects. */
  async run(): Promise<void> {
    try {
      const capabilities = await capabilitiesBeforeLogin(this.#ports, this.#connection)
      this.#writer.line(`* OK [CAPABILITY ${capabilities}] ${this.#ports.hostname} ready`)
      await this.#writer.flush()
      while (!this.#isLast) await this.#step()
    } catch (error) {
      this.#failed(error)
    } finally {
      clearTimeout(this.#loginDeadline)
      await this.#literals.release()
    }
  }

  get #securityContext(): SecurityContext {
    return this.#connection.securityContext
  }

  async #step(): Promise<void> {
    const { limits } = this.#ports
    const frame = await this.#input.frame(
      this.#literals.isReceiving ? limits.literalMs : limits.idleMs,
    )
    switch (frame.kind) {
      case 'tooLong':
        this.#ports.security.protocolAbuse(this.#securityContext, { kind: 'line_too_long' })
        this.#bye('Command line too long')
        return
      case 'literal':
        return this.#decideLiteral(frame)
      case 'piece':
        return this.#literals.came(frame.bytes)
      case 'command':
        try {
          await this.#answer(frame)
        } finally {
          await this.#literals.release()
        }
        if (this.#ending !== undefined) this.#bye(farewellWords(this.#ending))
    }
  }

  async #decideLiteral(frame: Extract<Frame, { kind: 'literal' }>): Promise<void> {
    const decision = this.#literals.decide(frame, this.#state.access?.account.id)
    if (decision.kind === 'accept' || decision.kind === 'spool') {
      if (decision.kind === 'accept') this.#input.acceptLiteral()
      else this.#input.passLiteral(decision.marker)
      if (frame.isSynchronising) this.#writer.line('+ Go ahead')
      return this.#writer.flush()
    }
    if (decision.kind === 'hopeless') {
      this.#bye('Literal too large')
      return
    }
    this.#input.refuseLiteral()
    await this.#literals.release()
    return this.#complete(readTag(frame.line) ?? '*', decision.completion)
  }

  async #answer({ line, literals }: Extract<Frame, { kind: 'command' }>): Promise<void> {
    let parsed: ParsedCommand
    try {
      parsed = parseCommand(line, literals)
    } catch (error) {
      if (httpRequest.test(line)) {
        this.#ports.security.protocolAbuse(this.#securityContext, { kind: 'http_on_mail_port' })
        this.#bye('This is no HTTP server')
        return
      }
      return this.#complete(readTag(line) ?? '*', completionOf(error).completion)
    }
    if (this.#isIdleTooOften()) {
      this.#ports.security.protocolAbuse(this.#securityContext, { kind: 'idle_commands' })
      this.#bye('Too many commands before a login')
      return
    }
    const command = commandTable.get(parsed.name)
    const end = await this.#run(command, parsed)
    this.#ports.commands.add({ command: command?.name ?? 'unknown', status: end.status })
    await this.#complete(parsed.tag, end)
  }

  /** NOOP, CAPABILITY and their like lead to nothing before a login. */
  #isIdleTooOften(): boolean {
    if (this.#state.access !== undefined) return false
    this.#commandsBeforeLogin += 1
    return this.#commandsBeforeLogin > this.#ports.limits.maxCommandsBeforeLogin
  }

  async #run(command: Command | undefined, { tag, args }: ParsedCommand): Promise<CommandEnd> {
    const context: CommandContext = {
      tag,
      ports: this.#ports,
      connection: this.#connection,
      securityContext: this.#securityContext,
      state: this.#state,
      input: this.#input,
      writer: this.#writer,
      args: new ArgumentReader(args),
      contentOf: (literal) => this.#literals.contentOf(literal),
      told: new Set(),
    }
    try {
      if (command === undefined) return { status: 'BAD', text: 'Unknown command' }
      const { selected } = this.#state
      const end = await this.#inState(command, context)
      if (this.#state.access !== undefined) clearTimeout(this.#loginDeadline)
      await this.#sync(command, context)
      await this.#tellCondstore(selected)
      return end
    } catch (error) {
      if (error instanceof ConnectionEnded || error instanceof InputTimeout) throw error
      const { completion, isUnexpected } = completionOf(error)
      if (isUnexpected)
        this.#ports.logger.error(
          { err: error, session: this.#connection.id, command: command?.name },
          'IMAP command failed',
        )
      return completion
    }
  }

  async #inState(command: Command, context: CommandContext): Promise<CommandEnd> {
    const { access, selected } = this.#state
    switch (command.when) {
      case 'always':
        return command.run(context)
      case 'notAuthenticated':
        if (access === undefined) return command.run(context)
        return { status: 'BAD', text: 'Logged in already' }
      case 'authenticated':
        if (access !== undefined) return command.run(context, access.account)
        return { status: 'BAD', text: 'Log in first' }
      case 'selected':
        if (selected !== undefined) return command.run(context, selected)
        return {
          status: 'BAD',
          text: access === undefined ? 'Log in first' : 'No mailbox selected',
        }
    }
  }

  async #sync(command: Command, { told }: CommandContext): Promise<void> {
    const { selected, isCondstoreEnabled } = this.#state
    if (selected === undefined) return
    const result = await syncMailbox({
      store: this.#ports.store,
      selected,
      writer: this.#writer,
      mayExpunge: command.forbidsExpunge !== true,
      withModSeq: isCondstoreEnabled,
      told,
    })
    // RFC 2180 section 3: the client cannot go on with numbers of a mailbox that is no more.
    if (result === 'mailboxGone') this.#bye('The selected mailbox was deleted')
  }

  /** RFC 7162 section 3.1: with the first command that enables CONDSTORE; SELECT tells it anyway. */
  async #tellCondstore(before: SelectedMailbox | undefined): Promise<void> {
    const { selected, isCondstoreEnabled } = this.#state
    if (!isCondstoreEnabled || this.#isCondstoreTold) return
    this.#isCondstoreTold = true
    if (selected === undefined || selected !== before) return
    const [mailbox] = await this.#ports.store.read(selected.accountId, ({ mailboxes }) =>
      mailboxes.get([selected.id]),
    )
    if (mailbox === undefined) return
    // What came after the last synchronisation has not been told yet.
    const highest = Math.min(mailbox.highestModSeq, selected.modSeq)
    this.#writer.line(`* OK [HIGHESTMODSEQ ${highest}] Highest`)
  }

  async #complete(tag: string, end: CommandEnd): Promise<void> {
    const code = end.code === undefined ? '' : `[${end.code}] `
    this.#writer.line(`${tag} ${end.status} ${code}${end.text}`)
    await this.#writer.flush()
    if (end.isLast === true) this.#bye()
    await end.after?.()
    this.#badCommands = end.status === 'BAD' ? this.#badCommands + 1 : 0
    if (this.#badCommands >= this.#ports.limits.maxBadCommands) {
      this.#ports.security.protocolAbuse(this.#securityContext, { kind: 'too_many_errors' })
      this.#bye('Too many bad commands')
    }
  }

  #end(reason: EndReason): void {
    if (reason.kind === 'decision' || this.#input.isWaiting) this.#bye(farewellWords(reason))
    else this.#ending = reason
  }

  #failed(error: unknown): void {
    if (error instanceof ConnectionEnded) {
      // Unless our last words are on their way.
      if (!this.#writer.isClosed) this.#connection.socket.destroy()
      return
    }
    if (error instanceof InputTimeout) {
      this.#bye('Autologout, idle for too long')
      return
    }
    this.#ports.logger.error({ err: error, session: this.#connection.id }, 'IMAP session failed')
    this.#bye('Internal error')
  }

  /** Without words: they have been said. */
  #bye(words?: string): void {
    this.#isLast = true
    this.#writer.close(words === undefined ? undefined : `* BYE ${words}`)
  }
}
