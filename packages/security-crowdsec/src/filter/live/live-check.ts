import { subscriberOf, type Clock, type IpAddress } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { reasonOf } from '../lapi/lapi-error.ts'
import type { DecisionBatch } from '../stream/decision-batch.ts'

/** Asks the Local API about one address. */
export interface LiveSource {
  /** @throws Error whose message fits in a log line */
  decisionsOn(address: IpAddress, signal: AbortSignal): Promise<DecisionBatch>
}
export interface LiveCheckOptions {
  readonly source: LiveSource
  readonly clock: Clock
  readonly logger: Logger
  /** Takes what is decided; `askedAt` by the monotonic clock. */
  readonly use: (batch: DecisionBatch, askedAt: number) => void
  /** When an address is asked about, from its last failure on; rising. */
  readonly askAfterMs?: readonly number[]
  readonly maxWaiting?: number
}
interface Waiting {
  readonly source: string
  /** The first one of the source that failed. */
  readonly address: IpAddress
  /** Its last one. */
  failedAt: number
  dueAt: number
}

/** The engine looks at its log every 250 ms and sends its alerts once a second: nothing is decided at once, and all is after two. */
const askAfterMs = [600, 1200, 2000]
const concurrency = 2
/** After a failure nobody is asked about for so long; the polls go on. */
const pauseMs = 5000

/** Asks about addresses that have just failed to log in, beside the polls. Bounded in every way; nobody waits for it. */
export class LiveCheck implements AsyncDisposable {
  readonly #options: Required<LiveCheckOptions>
  /** Who has failed lately and is to be asked about; whoever has just been is at the end. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #pausedUntil = Number.NEGATIVE_INFINITY
  #asked = 0
  #dropped = 0
  #failed = 0

  constructor(options: LiveCheckOptions) {
    this.#options = { askAfterMs, maxWaiting: 1024, ...options }
  }

  get asked(): number {
    return this.#asked
  }
  /** Failures that were not asked about: too many at once. */
  get dropped(): number {
    return this.#dropped
  }
  get failed(): number {
    return this.#failed
  }

  /** A failure is answered by a question each time that the engine may have decided; one more meanwhile makes the questions go on for longer, not denser. */
  note(address: IpAddress): void {
    if (this.#stop.signal.aborted) return
    const now = this.#options.clock.monotonic()
    // A subscriber's addresses are asked about as one: a decision on his network concerns all of them.
    const source = subscriberOf(address).text
    const waiting = this.#waiting.get(source)
    if (waiting !== undefined) {
      waiting.failedAt = now
      return
    }
    const [first = 0] = this.#options.askAfterMs
    if (this.#waiting.size >= this.#options.maxWaiting) this.#dropped += 1
    else this.#waiting.set(source, { source, address, failedAt: now, dueAt: now + first })
    this.#work()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    this.#waiting.clear()
    await Promise.all(this.#running)
  }

  #work(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const now = this.#options.clock.monotonic()
    if (this.#pausedUntil > now) {
      this.#waiting.clear()
      return
    }
    let next = Number.POSITIVE_INFINITY
    for (const waiting of this.#waiting.values()) {
      if (this.#running.size >= concurrency) return
      if (waiting.dueAt <= now) this.#start(waiting, now)
      next = Math.min(next, waiting.dueAt)
    }
    if (next !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#work(), next - now).unref()
  }

  #start(waiting: Waiting, now: number): void {
    const { source, address, failedAt } = waiting
    this.#waiting.delete(source)
    const [first = 0] = this.#options.askAfterMs
    const after = this.#options.askAfterMs.find((ms) => failedAt + ms > now + first / 2)
    waiting.dueAt = after === undefined ? Number.POSITIVE_INFINITY : failedAt + after
    if (after !== undefined) this.#waiting.set(source, waiting)
    const running = this.#ask(address, now).finally(() => {
      this.#running.delete(running)
      if (!this.#stop.signal.aborted) this.#work()
    })
    this.#running.add(running)
  }

  async #ask(address: IpAddress, askedAt: number): Promise<void> {
    const { source, use, logger, clock } = this.#options
    this.#asked += 1
    try {
      use(await source.decisionsOn(address, this.#stop.signal), askedAt)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#failed += 1
      this.#pausedUntil = clock.monotonic() + pauseMs
      logger.debug({ reason: reasonOf(error, 0) }, 'live check of an address failed')
    }
  }
}
