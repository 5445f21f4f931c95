import type { ImapFlow } from 'imapflow'

/** What a server may send and take for what it is asked. */
export interface AnswerLimit {
  readonly bytes: number
  readonly ms: number
  /** Without an octet. */
  readonly silenceMs: number
}

/** The server would go on and on, or does not go on at all. */
export class AnswerOverdue extends Error {
  override readonly name = 'AnswerOverdue'
}

const pollMs = 50

/** Ends the connection when an answer is larger or takes longer than it may: every octet of it would begin the library's own time limit anew. */
export class AnswerWatch implements Disposable {
  readonly #flow: ImapFlow
  readonly #limit: AnswerLimit
  readonly #before: number
  readonly #timer: NodeJS.Timeout
  readonly #overdue = Promise.withResolvers<never>()
  #received: number
  #waitedMs = 0
  #silentMs = 0
  #isWaiting = false

  constructor(flow: ImapFlow, limit: AnswerLimit) {
    this.#flow = flow
    this.#limit = limit
    this.#before = flow.stats().received
    this.#received = this.#before
    this.#overdue.promise.catch(() => undefined)
    this.#timer = setInterval(() => this.#check(), pollMs)
  }

  /** The time of this counts, that in between does not. @throws AnswerOverdue */
  async waitFor<T>(answer: Promise<T>): Promise<T> {
    this.#isWaiting = true
    try {
      return await Promise.race([answer, this.#overdue.promise])
    } finally {
      this.#isWaiting = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    const { received } = this.#flow.stats()
    if (this.#isWaiting) {
      this.#waitedMs += pollMs
      this.#silentMs = received === this.#received ? this.#silentMs + pollMs : 0
    }
    this.#received = received
    const { bytes, ms, silenceMs } = this.#limit
    if (received - this.#before > bytes)
      this.#end(`it sends more than ${Math.ceil(bytes / 1_048_576)} MiB as one answer`)
    else if (this.#silentMs > silenceMs)
      this.#end(`it has said nothing for ${Math.ceil(silenceMs / 1_000)} s`)
    else if (this.#waitedMs > ms)
      this.#end(`it takes more than ${Math.ceil(ms / 1_000)} s to answer`)
  }

  #end(reason: string): void {
    clearInterval(this.#timer)
    this.#overdue.reject(new AnswerOverdue(reason))
    this.#flow.close()
  }
}
