import type { Socket } from 'node:net'

import { ConnectionEnded } from './connection-ended.ts'

/** What may wait in memory before the socket gets it. */
const maxPendingBytes = 65_536
/** Time for the client to read the last words: a reset would take them away from it. */
const lingerMs = 1000

/** The one ordered output of a session. Text has one character for each byte. */
export class ResponseWriter {
  #socket: Socket
  readonly #writeMs: number
  #pending: (string | Buffer)[] = []
  #pendingBytes = 0
  #isClosed = false

  constructor(socket: Socket, writeMs: number) {
    this.#socket = socket
    this.#writeMs = writeMs
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#socket.destroyed
  }
  /** More waits than should: time to `flush`. */
  get isFull(): boolean {
    return this.#pendingBytes >= maxPendingBytes
  }

  /** Without its line end. */
  line(text: string): void {
    this.raw(`${text}\r\n`)
  }

  raw(part: string | Buffer): void {
    this.#pending.push(part)
    this.#pendingBytes += part.length
  }

  /**
   * Hands over what waits, and waits for a client that reads slower than we write.
   * @throws ConnectionEnded
   */
  async flush(): Promise<void> {
    if (this.isClosed) throw new ConnectionEnded()
    const socket = this.#socket
    socket.cork()
    for (const part of this.#pending) {
      if (typeof part === 'string') socket.write(part, 'latin1')
      else socket.write(part)
    }
    socket.uncork()
    this.#pending = []
    this.#pendingBytes = 0
    if (socket.writableNeedDrain) await this.#drain(socket)
  }

  /** After STARTTLS. What waits has been flushed. */
  moveTo(socket: Socket): void {
    this.#socket = socket
  }

  /** The last words of the session, if there are any left to say; what waited is not sent any more. */
  close(words?: string): void {
    if (this.isClosed) return
    this.#isClosed = true
    const socket = this.#socket
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
    // Unread bytes would turn the close into a reset.
    socket.resume()
    socket.end(words === undefined ? '' : `${words}\r\n`, 'latin1')
  }

  #drain(socket: Socket): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (isDrained: boolean): void => {
        clearTimeout(timer)
        socket.off('drain', onDrain).off('close', onClose)
        if (isDrained) resolve()
        else reject(new ConnectionEnded())
      }
      const onDrain = (): void => finish(true)
      const onClose = (): void => finish(false)
      const timer = setTimeout(() => {
        socket.destroy()
        finish(false)
      }, this.#writeMs)
      socket.once('drain', onDrain).once('close', onClose)
    })
  }
}
