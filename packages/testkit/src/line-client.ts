import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface LineClientOptions {
  readonly port: number
  /** Any address of 127.0.0.0/8: each is another client to the server. */
  readonly localAddress?: string
  readonly isImplicitTls?: boolean
}

/** A client that speaks in lines: enough for SMTP, IMAP and a raw HTTP request. */
export class LineClient implements Disposable {
  #socket: Socket
  #buffer = Buffer.alloc(0)
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(options: LineClientOptions) {
    const target = {
      port: options.port,
      host: '127.0.0.1',
      localAddress: options.localAddress ?? '127.0.0.1',
    }
    this.#socket =
      options.isImplicitTls === true
        ? connectTls({ ...target, rejectUnauthorized: false })
        : connect(target)
    this.#listen()
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Sends as it is: the caller writes its own line ends. */
  send(text: string | Uint8Array): void {
    this.#socket.write(text)
  }

  /** The next line without its CRLF; undefined when the server has closed. */
  async line(encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf('\n')
      if (end !== -1) {
        const line = this.#buffer.toString(encoding, 0, end).replace(/\r$/, '')
        this.#buffer = this.#buffer.subarray(end + 1)
        return line
      }
      if (this.#isEnded) return undefined
      await this.#more()
    }
  }

  /** So many bytes. @throws Error when the server closes before */
  async bytes(count: number): Promise<Buffer> {
    while (this.#buffer.length < count) {
      if (this.#isEnded) throw new Error(`closed before ${count} bytes came`)
      await this.#more()
    }
    const taken = this.#buffer.subarray(0, count)
    this.#buffer = this.#buffer.subarray(count)
    return taken
  }

  /** Lines up to and with the one that matches. @throws Error when the server closes before */
  async until(pattern: RegExp): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.line()
      if (line === undefined)
        throw new Error(`closed, waiting for ${String(pattern)} after: ${lines.join(' | ')}`)
      lines.push(line)
      if (pattern.test(line)) return lines
    }
  }

  /** One SMTP reply: its lines joined by a line feed. */
  async reply(): Promise<string> {
    return (await this.until(/^\d{3} /)).join('\n')
  }

  /** Sends a line and answers the SMTP reply to it. */
  async ask(line: string): Promise<string> {
    this.send(`${line}\r\n`)
    return this.reply()
  }

  /** Resolves when the server has closed; what it said before is still to be read. */
  async closed(): Promise<void> {
    while (!this.#isEnded) await this.#more()
  }

  async startTls(): Promise<void> {
    const plain = this.#socket
    plain.removeAllListeners()
    plain.on('error', () => undefined)
    this.#socket = connectTls({ socket: plain, rejectUnauthorized: false })
    this.#listen()
    await new Promise<void>((resolve, reject) =>
      this.#socket.once('secureConnect', resolve).once('error', reject),
    )
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #listen(): void {
    this.#socket.on('data', (data: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, data])
      this.#wake?.()
    })
    const end = (): void => {
      this.#isEnded = true
      this.#wake?.()
    }
    this.#socket.on('end', end).on('close', end).on('error', end)
  }
}
