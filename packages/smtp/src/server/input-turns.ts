import { NextTurn } from '@gatepost/core'

/** What is read of messages in one turn of the event loop, all sessions together: a few milliseconds. */
const turnBytes = 262_144

interface Waiting {
  readonly bytes: number
  readonly goOn: () => void
}

/**
 * Turns for the data of messages. A client beside us has megabytes ready, and Node reads up to 2 MB of a socket before it looks at another one: nine that
 * send as fast as they can held the loop for 200 ms. Here whoever has had its part of a turn is read on in a later one, in order.
 */
export class InputTurns {
  readonly #waiting: Waiting[] = []
  #left = turnBytes
  readonly #nextTurn = new NextTurn(() => this.#next())

  /** So many bytes have been read; `goOn` is called when more may be. */
  came(bytes: number, goOn: () => void): void {
    this.#nextTurn.ask()
    if (this.#left > 0) {
      this.#left -= bytes
      goOn()
    } else this.#waiting.push({ bytes, goOn })
  }

  #next(): void {
    this.#left = turnBytes
    while (this.#left > 0) {
      const first = this.#waiting.shift()
      if (first === undefined) return
      this.#left -= first.bytes
      first.goOn()
    }
    this.#nextTurn.ask()
  }
}
