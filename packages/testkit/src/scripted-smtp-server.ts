import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'

export interface SinkMessage {
  readonly helo: string
  readonly from: string
  readonly to: readonly string[]
  readonly content: string
  readonly isTls: boolean
}

export interface ScriptedSmtpOptions {
  /** Reply to a command; undefined: the usual one. The dot at the end of a message is the command `.`. */
  readonly reply?: (command: string) => string | undefined
  /** Offers STARTTLS. */
  readonly secureContext?: SecureContext
}

/** Another mail server, as a test wants it: takes mail, or says what the test tells it to say. */
export class ScriptedSmtpServer implements AsyncDisposable {
  readonly messages: SinkMessage[] = []
  readonly commands: string[] = []
  connections = 0
  #options: ScriptedSmtpOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #waiting: (() => void)[] = []

  private constructor(options: ScriptedSmtpOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async listen(options: ScriptedSmtpOptions = {}): Promise<ScriptedSmtpServer> {
    const server = new ScriptedSmtpServer(options)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** From the next command on. */
  behave(options: ScriptedSmtpOptions): void {
    this.#options = options
  }

  /** Resolves when it has seen what `isSeen` looks for. */
  async seen(isSeen: () => boolean): Promise<void> {
    while (!isSeen()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(raw: Socket): void {
    this.connections += 1
    const session = {
      helo: '',
      from: '',
      to: [] as string[],
      buffer: '',
      isData: false,
      isTls: false,
      socket: raw,
    }
    this.#attach(raw, session)
    this.#say(session, '220 sink.example ESMTP', '')
  }

  #attach(socket: Socket, session: Session): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (data) => {
      session.buffer += data.toString('latin1')
      this.#consume(session)
    })
  }

  #consume(session: Session): void {
    for (;;) {
      if (session.isData) {
        const end = session.buffer.indexOf('\r\n.\r\n')
        if (end === -1) return
        const content = session.buffer.slice(0, end + 2).replaceAll('\r\n..', '\r\n.')
        session.buffer = session.buffer.slice(end + 5)
        session.isData = false
        this.#finish(session, content)
        continue
      }
      const end = session.buffer.indexOf('\r\n')
      if (end === -1) return
      const line = session.buffer.slice(0, end)
      session.buffer = session.buffer.slice(end + 2)
      this.#command(session, line)
    }
  }

  #finish(session: Session, content: string): void {
    const reply = this.#options.reply?.('.') ?? '250 2.0.0 taken'
    if (reply.startsWith('2')) {
      const { helo, from, to, isTls } = session
      this.messages.push({
        helo,
        from,
        to: [...to],
        content: Buffer.from(content, 'latin1').toString('utf8'),
        isTls,
      })
    }
    session.to.length = 0
    this.#say(session, reply, '.')
  }

  #command(session: Session, line: string): void {
    const verb = line.split(' ')[0]?.toUpperCase() ?? ''
    const reply = this.#options.reply?.(line) ?? this.#usual(session, verb, line)
    if (reply.startsWith('2') && verb === 'RCPT') session.to.push(/<(.*)>/.exec(line)?.[1] ?? '')
    if (reply.startsWith('354')) session.isData = true
    this.#say(session, reply, line)
    if (verb === 'QUIT') session.socket.end()
    if (verb === 'STARTTLS' && reply.startsWith('220')) this.#upgrade(session)
  }

  #usual(session: Session, verb: string, line: string): string {
    switch (verb) {
      case 'EHLO':
        session.helo = line.slice(5)
        return [
          '250-sink.example',
          '250-8BITMIME',
          '250-SMTPUTF8',
          ...(this.#options.secureContext === undefined || session.isTls ? [] : ['250-STARTTLS']),
          '250 SIZE 1000000',
        ].join('\r\n')
      case 'STARTTLS':
        return this.#options.secureContext === undefined ? '502 no' : '220 go'
      case 'MAIL':
        session.from = /<(.*)>/.exec(line)?.[1] ?? ''
        return '250 ok'
      case 'DATA':
        return '354 go'
      case 'QUIT':
        return '221 bye'
      default:
        return '250 ok'
    }
  }

  #upgrade(session: Session): void {
    const { secureContext } = this.#options
    if (secureContext === undefined) return
    session.socket.removeAllListeners('data')
    session.buffer = ''
    session.isTls = true
    session.socket = new TLSSocket(session.socket, { isServer: true, secureContext })
    this.#attach(session.socket, session)
  }

  #say(session: Session, reply: string, command: string): void {
    session.socket.write(`${reply}\r\n`)
    if (command !== '') this.commands.push(command)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

interface Session {
  helo: string
  from: string
  readonly to: string[]
  buffer: string
  isData: boolean
  isTls: boolean
  socket: Socket
}
