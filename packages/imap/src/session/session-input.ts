import type { Socket } from 'node:net'

import {
  CommandFramer,
  type Frame,
  type FramerLimits,
  type TooLong,
} from '../grammar/command-framer.ts'
import { ConnectionEnded } from './connection-ended.ts'

/** Read ahead of what the session has asked for. */
const maxAheadBytes = 65_536

/** No byte came for as long as the caller was willing to wait. */
export class InputTimeout extends Error {
  override readonly name = 'InputTimeout'
}

export interface InputListeners {
  /** The client began with a TLS record. */
  readonly onTls: () => void
  /** A part of a command has come, and the session waits for the rest. */
  readonly onPiece: () => void
}

/** What the client sends, cut into commands, and read only as fast as it is used. */
export class SessionInput {
  readonly #framer: CommandFramer
  readonly #onTls: () => void
  readonly #onPiece: () => void
  #socket: Socket
  #isEnded = false
  #wake: (() => void) | undefined
  #isFirst = true

  constructor(socket: Socket, limits: FramerLimits, listeners: InputListeners) {
    this.#onTls = listeners.onTls
    this.#onPiece = listeners.onPiece
    this.#framer = new CommandFramer(limits)
    this.#socket = socket
    this.#attach(socket)
  }

  /** The session waits for the client, not the client for the session. */
  get isWaiting(): boolean {
    return this.#wake !== undefined
  }

  /** @throws ConnectionEnded, InputTimeout */
  frame(timeoutMs: number): Promise<Frame> {
    return this.#take(() => this.#framer.next(), timeoutMs)
  }

  /**
   * The next line as it is, `tooLong` when it is over the limit.
   * @throws ConnectionEnded, InputTimeout
   */
  line(timeoutMs: number): Promise<string | TooLong> {
    return this.#take(() => this.#framer.nextLine(), timeoutMs)
  }

  acceptLiteral(): void {
    this.#framer.acceptLiteral()
  }

  /** Its bytes come as pieces; `marker` stands for it among the literals. */
  passLiteral(marker: Buffer): void {
    this.#framer.passLiteral(marker)
  }

  refuseLiteral(): void {
    this.#framer.refuseLiteral()
  }

  /** Reads no more from this socket. Answers how many bytes the client had sent too early. */
  detach(): number {
    this.#socket.off('data', this.#onData)
    this.#socket.pause()
    return this.#framer.discard()
  }

  moveTo(socket: Socket): void {
    this.#socket.off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onEnd)
    this.#socket = socket
    this.#attach(socket)
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd)
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isFirst) {
      this.#isFirst = false
      // RFC 8446 section 5.1: handshake, version 3.x.
      if (chunk[0] === 22 && chunk[1] === 3) {
        this.#onTls()
        return
      }
    }
    this.#framer.push(chunk)
    if (this.#wake !== undefined) this.#wake()
    else if (this.#framer.bufferedBytes > maxAheadBytes) this.#socket.pause()
  }

  readonly #onEnd = (): void => {
    this.#isEnded = true
    this.#wake?.()
  }

  async #take<T>(next: () => T | undefined, timeoutMs: number): Promise<T> {
    for (;;) {
      const found = next()
      if (found !== undefined) return found
      if (this.#isEnded) throw new ConnectionEnded()
      if (this.#framer.bufferedBytes > 0) this.#onPiece()
      await this.#more(timeoutMs)
    }
  }

  async #more(timeoutMs: number): Promise<void> {
    const isInTime = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
      if (this.#socket.isPaused()) this.#socket.resume()
    })
    this.#wake = undefined
    if (!isInTime) throw new InputTimeout()
  }
}
