export interface SessionTimersOptions {
  readonly idleMs: number
  readonly sessionMs: number
  /** A message is on its way, or the client waits for us. */
  readonly isBusy: () => boolean
  readonly onIdle: () => void
  readonly onOverdue: () => void
}

/** How long a session may wait for a command, and how long it may take as a whole. Both let a message that is on its way come to its end. */
export class SessionTimers {
  readonly #options: SessionTimersOptions
  readonly #idle: NodeJS.Timeout
  readonly #session: NodeJS.Timeout
  #isOverdue = false

  constructor(options: SessionTimersOptions) {
    this.#options = options
    this.#idle = setTimeout(() => {
      if (options.isBusy()) this.#idle.refresh()
      else options.onIdle()
    }, options.idleMs)
    this.#session = setTimeout(() => {
      if (options.isBusy()) this.#isOverdue = true
      else options.onOverdue()
    }, options.sessionMs)
  }

  /** A whole command came, or was answered: bytes alone would let a client hold its place with one every few minutes. */
  went(): void {
    this.#idle.refresh()
  }

  messageDone(): void {
    if (this.#isOverdue) setImmediate(() => this.#options.onOverdue())
  }

  stop(): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#session)
  }
}
