/** Times the recipients of one message: as many RCPT commands as a client sends before it has read that it should stop (RFC 5321 section 4.5.3.1.10). */
const overshoot = 10
/** Transactions that failed for a reason of ours. */
const maxExcuses = 1000

/** Counts commands since the last message that was taken: a session that leads to nothing ends. */
export class IdleCommands {
  readonly #limits: { readonly maxIdleCommands: number; readonly maxRecipients: number }
  #count = 0
  #recipients = 0
  #inTransaction = 0
  #excuses = 0

  constructor(limits: { readonly maxIdleCommands: number; readonly maxRecipients: number }) {
    this.#limits = limits
  }

  /** False: this was one too many. */
  mayGoOn(verb: string): boolean {
    if (verb === 'RCPT' && this.#recipients < this.#limits.maxRecipients * overshoot) {
      this.#recipients += 1
      return true
    }
    if (verb === 'MAIL') {
      this.#recipients = 0
      this.#inTransaction = 0
    }
    this.#inTransaction += 1
    this.#count += 1
    return this.#count <= this.#limits.maxIdleCommands
  }

  /** Nothing that the client could do about it: a list that has a hundred mails for one full mailbox does no wrong. */
  excuse(): void {
    if (this.#excuses >= maxExcuses) return
    this.#excuses += 1
    // And one for the RSET that comes next.
    this.#count -= this.#inTransaction + 1
    this.#inTransaction = -1
  }

  messageTaken(): void {
    this.#count = 0
    this.#excuses = 0
  }
}
