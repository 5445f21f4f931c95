import type { Socket } from 'node:net'

import type { Clock } from '@gatepost/core'
import type { WebSocket } from 'ws'

import { UnfinishedMessage } from './unfinished-message.ts'

export interface SocketChannelOptions {
  readonly webSocket: WebSocket
  /** What the WebSocket talks over. */
  readonly stream: Socket
  readonly clock: Pick<Clock, 'monotonic'>
  /** Between two pings. */
  readonly pingMs: number
  /** How long a message may take to come. */
  readonly messageMs: number
  /** How long nothing may move while the client is sent something. */
  readonly stallMs: number
  /** A whole text message. No more of them come while the channel is paused, but for what had been read before. */
  readonly onMessage: (bytes: Buffer) => void
  /** What the client sent is no WebSocket, or too much. `code` is of `ws`. */
  readonly onBadFrame: (code: string) => void
  /** A message does not come to its end. */
  readonly onSlowMessage: () => void
  readonly onClose: () => void
}

/** RFC 6455 section 7.4.1. */
export const closeCode = { goingAway: 1001, unsupportedData: 1003, policy: 1008 } as const

/** How long a client may take to answer a close frame. */
const farewellMs = 1000
/** Between two pings of ours. Honest clients send one or two. */
const maxControlFrames = 1000
const maxUnsentPongBytes = 4096

/** One WebSocket: alive or gone, never held open by who does not read, does not answer, or does not come to an end. */
export class SocketChannel {
  readonly #options: SocketChannelOptions
  readonly #unfinished = new UnfinishedMessage()
  readonly #ticks: NodeJS.Timeout
  #sending = 0
  #controlFrames = 0
  #isAwaitingPong = false
  #isClosing = false

  constructor(options: SocketChannelOptions) {
    this.#options = options
    const { webSocket, stream, pingMs, stallMs } = options
    webSocket
      .on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
      .on('ping', (data) => {
        this.#countControlFrame(data.length)
        // Who does not read gets no more to read.
        if (webSocket.bufferedAmount <= maxUnsentPongBytes) webSocket.pong(data)
      })
      .on('pong', (data) => this.#countControlFrame(data.length))
      .on('error', (error: NodeJS.ErrnoException) => {
        this.#setDeadline()
        if (error.code?.startsWith('WS_ERR_')) options.onBadFrame(error.code)
      })
      .on('close', () => {
        this.#isClosing = true
        clearInterval(this.#ticks)
        options.onClose()
      })
    // Before the WebSocket reads it, and tells of what is complete.
    stream.prependListener('data', ({ length }: Buffer) => {
      this.#isAwaitingPong = false
      this.#unfinished.add(length, options.clock.monotonic())
    })
    // Node's HTTP server has a listener of its own, which ends the connection.
    stream.removeAllListeners('timeout')
    stream.setTimeout(stallMs, () => {
      if (webSocket.bufferedAmount > 0) stream.destroy()
    })
    this.#ticks = setInterval(() => this.#tick(), pingMs).unref()
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** A message is on its way to the client. */
  get isSending(): boolean {
    return this.#sending > 0
  }

  /** Fulfils when the client takes it, or is gone: one who does neither is cut off. */
  send(message: object): Promise<void> {
    return this.sendPieces([Buffer.from(JSON.stringify(message))])
  }

  /** A message in pieces, which become its frames (RFC 6455 section 5.4). */
  sendPieces(pieces: readonly Buffer[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sending += 1
    for (const [at, piece] of pieces.entries()) {
      const fin = at === pieces.length - 1
      this.#options.webSocket.send(piece, { binary: false, fin }, () => {
        if (!fin) return
        this.#sending -= 1
        resolve()
      })
    }
    return promise
  }

  pause(): void {
    this.#options.webSocket.pause()
  }

  resume(): void {
    this.#isAwaitingPong = false
    this.#options.webSocket.resume()
  }

  /** Says good-bye, and listens no longer. The client has a second to do so too. `reason`: 123 bytes at most. */
  close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    const { webSocket } = this.#options
    webSocket.close(code, reason)
    webSocket.resume()
    this.#setDeadline()
  }

  /** Says good-bye and is gone as soon as that has left. */
  cut(code: number, reason: string): void {
    this.close(code, reason)
    this.#options.stream.destroySoon()
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.#unfinished.end()
    if (this.#isClosing) return
    // RFC 8887 section 4.3
    if (isBinary) this.close(closeCode.unsupportedData, 'JMAP is text')
    else this.#options.onMessage(bytes)
  }

  #countControlFrame(payloadBytes: number): void {
    this.#unfinished.addControlFrame(payloadBytes)
    this.#controlFrames += 1
    if (this.#controlFrames > maxControlFrames)
      this.cut(closeCode.policy, 'Too many control frames')
  }

  #setDeadline(): void {
    this.#isClosing = true
    const { stream } = this.#options
    const timer = setTimeout(() => stream.destroy(), farewellMs)
    stream.once('close', () => clearTimeout(timer))
  }

  #tick(): void {
    const { webSocket, stream, clock, messageMs, onSlowMessage } = this.#options
    this.#controlFrames = 0
    if (this.#isClosing) return
    if (this.#unfinished.ageMs(clock.monotonic()) > messageMs) {
      onSlowMessage()
      this.close(closeCode.policy, 'A message took too long')
      return
    }
    // What is on its way out tells whether anybody is there; and a paused channel hears no answer.
    if (webSocket.bufferedAmount > 0 || webSocket.isPaused) return
    if (this.#isAwaitingPong) {
      stream.destroy()
      return
    }
    this.#isAwaitingPong = true
    webSocket.ping()
  }
}
