import { connect, type Socket } from 'node:net'

import { WebSocket, type ClientOptions } from 'ws'

import { basic, type JmapFixture } from './jmap-fixture.ts'

export interface Heard {
  readonly '@type': string
  readonly requestId?: string | null
  readonly [property: string]: unknown
}

/** A WebSocket to the JMAP door, of the `ws` package: it can choose its address. */
export class SocketClient implements Disposable {
  readonly #socket: WebSocket
  readonly #heard: Heard[] = []
  #wake: () => void = () => undefined
  /** What the server closed with; 1006 without a close frame. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.#heard.push(JSON.parse((data as Buffer).toString()) as Heard)
      this.#wake()
    })
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
        this.#wake()
      }),
    )
  }

  /** @throws Error with the status when the server refuses */
  static async open(jmap: JmapFixture, options: OpenOptions = {}): Promise<SocketClient> {
    const { isTls = false, headers, protocols = ['jmap'], ...more } = options
    const socket = new WebSocket(socketUrl(jmap, isTls), [...protocols], {
      rejectUnauthorized: false,
      perMessageDeflate: false,
      headers: { authorization: basic, ...headers },
      ...more,
    })
    const client = new SocketClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject)
    })
    return client
  }

  /** As the server chose. */
  get protocol(): string {
    return this.#socket.protocol
  }
  get extensions(): string {
    return this.#socket.extensions
  }

  say(message: object | string | Buffer): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message)
    this.#socket.send(isRaw ? message : JSON.stringify(message))
  }

  /** A request with all capabilities; the response to it, or whatever else comes. */
  async ask(id: string, ...methodCalls: readonly [string, object, string][]): Promise<Heard> {
    this.say(requestOf(id, ...methodCalls))
    return this.hear()
  }

  /** @throws Error when the server closes instead */
  async hear(): Promise<Heard> {
    for (;;) {
      const heard = this.#heard.shift()
      if (heard !== undefined) return heard
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('closed')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Fulfils when the server has sent one. */
  async pinged(): Promise<void> {
    await new Promise((resolve) => this.#socket.once('ping', resolve))
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }
}

export interface OpenOptions extends ClientOptions {
  readonly isTls?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

export function socketUrl(jmap: JmapFixture, isTls = false): string {
  return isTls
    ? `wss://127.0.0.1:${jmap.ports.tls}/jmap/ws/`
    : `ws://127.0.0.1:${jmap.ports.plain}/jmap/ws/`
}

export function requestOf(id: string, ...methodCalls: readonly [string, object, string][]): Heard {
  return {
    '@type': 'Request',
    id,
    using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
    methodCalls,
  }
}

export const handshakeHeaders: readonly string[] = [
  'GET /jmap/ws/ HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: jmap',
]

/** A socket that says what no WebSocket client would. */
export class RawSocket implements Disposable {
  readonly socket: Socket
  readonly closed: Promise<void>
  #bytes: Buffer = Buffer.alloc(0)
  #wake: () => void = () => undefined

  constructor(jmap: JmapFixture, localAddress = '127.0.0.1') {
    this.socket = connect({ port: jmap.ports.plain, host: '127.0.0.1', localAddress })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
      this.#wake()
    })
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        resolve()
        this.#wake()
      }),
    )
  }

  /** Shakes hands and stays. */
  static async open(jmap: JmapFixture, localAddress?: string): Promise<RawSocket> {
    const raw = new RawSocket(jmap, localAddress)
    raw.say(...handshakeHeaders, `Authorization: ${basic}`)
    await raw.hear('\r\n\r\n')
    return raw
  }

  /** Lines of a request, and the end of its header section. */
  say(...lines: readonly string[]): void {
    this.socket.write([...lines, '', ''].join('\r\n'))
  }

  frame(opcode: number, payload: string | Buffer, isLast = true): void {
    this.socket.write(maskedFrame(opcode, payload, isLast))
  }

  /** All that has come until `text` has; takes it away. @throws Error when the server closes before */
  async hear(text: string): Promise<string> {
    for (;;) {
      const at = this.#bytes.indexOf(text, 0, 'latin1')
      if (at >= 0) {
        const heard = this.#bytes.subarray(0, at + text.length).toString('latin1')
        this.#bytes = this.#bytes.subarray(at + text.length)
        return heard
      }
      if (this.socket.closed) throw new Error(`closed after ${this.#bytes.toString('latin1')}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The code in the close frame that came last. */
  async closeCode(): Promise<number> {
    await this.closed
    const at = this.#bytes.lastIndexOf(0x88)
    if (at < 0) throw new Error('no close frame')
    return this.#bytes.readUInt16BE(at + 2)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** As a client has to send it (RFC 6455 section 5.2): the mask is zero, so that the payload stays as it is. */
export function maskedFrame(opcode: number, payload: string | Buffer, isLast = true): Buffer {
  const bytes = Buffer.from(payload)
  const first = (isLast ? 0x80 : 0) | opcode
  if (bytes.length < 126) {
    const header = Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0])
    return Buffer.concat([header, bytes])
  }
  const header = Buffer.alloc(14)
  header[0] = first
  header[1] = 0xff
  header.writeBigUInt64BE(BigInt(bytes.length), 2)
  return Buffer.concat([header, bytes])
}
