import type { Socket } from 'node:net'

export interface TarpitOptions {
  readonly holdMs: number
  /** A held socket costs us one as well: with so many held the next are let go at once. */
  readonly maxHeld: number
}

/** Sockets that are held without a word: whoever waits for an answer attacks nobody meanwhile. */
export class Tarpit {
  readonly #options: TarpitOptions
  readonly #held = new Set<Socket>()

  constructor(options: TarpitOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#held.size
  }

  /** Calls back when the time is over, unless the client has gone before. False: there is no room, nothing happens. */
  hold(socket: Socket, then: () => void): boolean {
    if (this.#held.size >= this.#options.maxHeld) return false
    this.#held.add(socket)
    const timer = setTimeout(then, this.#options.holdMs)
    socket.once('close', () => {
      clearTimeout(timer)
      this.#held.delete(socket)
    })
    // Read and thrown away, or an end of the client's would not be noticed.
    socket.resume()
    return true
  }

  release(): void {
    for (const socket of this.#held) socket.destroy()
  }
}
