import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'

export interface DialogueOptions {
  readonly port: number
  /** Any address of this machine: each is another client to the server. All of 127.0.0.0/8 are. */
  readonly localAddress: string
  /** The certificate to trust; undefined: no TLS. */
  readonly certificate?: string | undefined
}

const patienceMs = 30_000

/** A talk with a server, line by line. */
export class Dialogue implements Disposable {
  readonly #socket: Socket
  readonly #lines: AsyncIterator<string, undefined>
  #trouble = ''

  constructor({ port, localAddress, certificate }: DialogueOptions) {
    const host = localAddress.includes(':') ? '::1' : '127.0.0.1'
    const target = { host, port, localAddress }
    this.#socket =
      certificate === undefined
        ? connect(target)
        : connectTls({ ...target, servername: 'localhost', ca: certificate })
    const reader = createInterface({ input: this.#socket, crlfDelay: Infinity })
    this.#lines = reader[Symbol.asyncIterator]()
    // What was heard before an error counts; after it comes the end.
    this.#socket
      .on('error', ({ message }) => (this.#trouble = ` (${message})`))
      .on('close', () => reader.close())
  }

  say(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /** The next line; undefined when the server has closed. @throws Error when nothing comes */
  async hear(): Promise<string | undefined> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error('the server says nothing')), patienceMs)
    try {
      const { value } = await Promise.race([this.#lines.next(), promise])
      return value
    } finally {
      clearTimeout(timer)
    }
  }

  /** Answers the first line that fits. @throws Error when the server closes before */
  async hearUntil(pattern: RegExp): Promise<string> {
    let last = 'nothing'
    for (;;) {
      const line = await this.hear()
      if (line === undefined) throw new Error(`closed after "${last}"${this.#trouble}`)
      if (pattern.test(line)) return line
      last = line
    }
  }

  async ask(line: string, pattern: RegExp): Promise<string> {
    this.say(line)
    return this.hearUntil(pattern)
  }

  /** What the server says until it closes. */
  async rest(): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
      const line = await this.hear()
      if (line === undefined) return lines
      lines.push(line)
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
