/** What came of a transfer. */
export interface TransferSummary {
  readonly mailboxes: number
  readonly messages: number
  readonly bytes: number
  /** Done by an earlier run. */
  readonly earlier: number
  readonly failures: readonly TransferFailure[]
  /** `failures` has the first ones. */
  readonly failed: number
  /** What is no mail: links, FIFOs and their like, messages that are deleted already. The first ones; `skippedCount` is of all. */
  readonly skipped: readonly TransferFailure[]
  readonly skippedCount: number
  /** Why it ended before everything was tried; null when it did not. */
  readonly stoppedBy: string | null
}

export interface TransferFailure {
  /** A folder or a message. */
  readonly where: string
  readonly reason: string
}

export interface TransferProgress {
  readonly done: number
  readonly total: number
}

const maxFailures = 1_000

/** Counts while it goes on. */
export class TransferTally {
  mailboxes = 0
  messages = 0
  bytes = 0
  earlier = 0
  stoppedBy: string | null = null
  #failed = 0
  readonly #failures: TransferFailure[] = []
  #skippedCount = 0
  readonly #skipped: TransferFailure[] = []

  fail(where: string, error: unknown): void {
    this.#failed += 1
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#failures.length < maxFailures) this.#failures.push({ where, reason })
  }

  /** `count`: how many are in that place, of one reason. */
  skip(where: string, reason: string, count = 1): void {
    this.#skippedCount += count
    const told = count === 1 ? reason : `${count} ${reason}`
    if (this.#skipped.length < maxFailures) this.#skipped.push({ where, reason: told })
  }

  summary(): TransferSummary {
    return {
      mailboxes: this.mailboxes,
      messages: this.messages,
      bytes: this.bytes,
      earlier: this.earlier,
      failures: this.#failures,
      failed: this.#failed,
      skipped: this.#skipped,
      skippedCount: this.#skippedCount,
      stoppedBy: this.stoppedBy,
    }
  }
}
