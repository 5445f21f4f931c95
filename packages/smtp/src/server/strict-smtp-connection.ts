import type { IpAddress } from '@gatepost/core'
import type { GateConnection } from '@gatepost/gate'
import type { AuthFailureLog, SecurityContext } from '@gatepost/security-crowdsec'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection'
import type { SMTPStream } from 'smtp-server/lib/smtp-stream'

import { parsePathCommand, type PathCommand, type PathVerb } from '../grammar/path-command.ts'
import { pathReply, replies, type SmtpReply } from '../session/smtp-reply.ts'
import { AbuseReports } from './abuse-reports.ts'
import type { GateSmtpServer } from './gate-smtp-server.ts'
import type { InputTurns } from './input-turns.ts'
import { SmtpInputError, StrictSmtpStream } from './strict-smtp-stream.ts'

export interface StrictSmtpConnectionOptions {
  readonly client: GateConnection
  readonly security: AuthFailureLog
  /** For our own users, whose printers and scripts know no grammar. */
  readonly isLenient: boolean
  /** Of all sessions. */
  readonly turns: InputTurns
}

/** smtp-server's connection with our grammar: strict lines, paths of RFC 5321, and a name for what no honest client asks. */
export class StrictSmtpConnection extends SMTPConnection {
  protected readonly client: GateConnection
  protected readonly abuse: AbuseReports
  readonly #turns: InputTurns
  readonly #isLenient: boolean
  /** Of the MAIL or RCPT that is being handled. */
  #path: PathCommand | undefined

  constructor(server: GateSmtpServer, options: StrictSmtpConnectionOptions) {
    const { client } = options
    super(server, client.socket, {
      id: client.id,
      remoteAddress: client.remote.text,
      remotePort: client.remotePort,
    })
    this.client = client
    this.#turns = options.turns
    this.#isLenient = options.isLenient
    this.abuse = new AbuseReports({
      security: options.security,
      context: () => this.securityContext,
    })
  }

  get securityContext(): SecurityContext {
    return this.client.securityContext
  }

  get remote(): IpAddress {
    return this.client.remote
  }

  override _createParser(): SMTPStream {
    const parser = new StrictSmtpStream(
      // Called by the constructor above us: our own fields are not there yet.
      {
        maxCommandLength: this._server.options.maxCommandLength,
        turns: () => this.#turns,
        onPiece: () => this.client.acknowledge(),
      },
      (kind) => this.abuse.add(kind),
    )
    parser.oncommand = (command, callback) => this._onCommand(command, callback)
    parser.on('error', (error) => {
      if (error instanceof SmtpInputError) this.send(500, error.message)
      else this.send(421, `4.5.2 ${error.message}`)
      this.close()
    })
    return parser
  }

  override handler_VRFY(command: Buffer, callback: () => void): void {
    this.abuse.probed('VRFY', command)
    super.handler_VRFY(command, callback)
  }

  // RFC 5321 section 3.5.3: what is not offered is answered so.
  handler_EXPN(command: Buffer, callback: () => void): void {
    this.abuse.probed('EXPN', command)
    this.refuse(replies.notOffered())
    callback()
  }

  /** smtp-server's own reader takes no quotes, refuses odd dots, and writes A-labels as U-labels. */
  override _parseAddressCommand(): ReturnType<SMTPConnection['_parseAddressCommand']> {
    if (this.#path === undefined) return false
    const { address, parameters, duplicate } = this.#path
    const args = parameters.size === 0 ? false : Object.fromEntries(parameters)
    return { address, args, duplicate }
  }

  /** False: it was refused. */
  protected readPath(verb: PathVerb, command: Buffer): boolean {
    const found = parsePathCommand(verb, command.toString(), { isLenient: this.#isLenient })
    this.#path = found.kind === 'path' ? found : undefined
    if (found.kind === 'path') return true
    this.refuse(pathReply(verb, found))
    return false
  }

  /** `EHLO HP LaserJet 400`: the name of a printer, which a trace field has as one word. */
  protected oneName(command: Buffer): Buffer {
    const [verb, ...words] = command.toString().trim().split(/\s+/)
    return this.#isLenient && words.length > 1 ? Buffer.from(`${verb} ${words.join('-')}`) : command
  }

  protected refuse(reply: SmtpReply): void {
    this.send(reply.responseCode, reply.message)
  }
}
