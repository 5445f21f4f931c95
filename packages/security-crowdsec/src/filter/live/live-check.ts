import type { Clock, IpAddress } from '@gatepost/core'
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
  /** The engine decides up to a second after the event: each address is asked about once more after this. */
  readonly againMs?: number
  readonly maxWaiting?: number
}
interface Waiting {
  readonly address: IpAddress
  readonly dueAt: number
}

const concurrency = 2
const maxRemembered = 10_000
/** After a failure nobody is asked about for so long; the polls go on. */
const pauseMs = 5000

/** Asks about addresses that have just failed to log in, beside the polls. Bounded in every way; nobody waits for it. */
export class LiveCheck implements AsyncDisposable {
  readonly #options: Required<LiveCheckOptions>
  readonly #waiting = new Map<string, Waiting>()
  /** When it was asked about last; the oldest first. */
  readonly #askedAt = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #pausedUntil = Number.NEGATIVE_INFINITY
  #asked = 0
  #dropped = 0
  #failed = 0

  constructor(options: LiveCheckOptions) {
    this.#options = { againMs: 1500, maxWaiting: 1024, ...options }
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

  /** A failure is answered by one question at once and one when the engine has had its time; more failures meanwhile add nothing. */
  note(address: IpAddress): void {
    const { clock, againMs } = this.#options
    if (this.#waiting.has(address.text) || this.#stop.signal.aborted) return
    const last = this.#askedAt.get(address.text)
    const now = clock.monotonic()
    this.#wait(address, last === undefined ? now : Math.max(now, last + againMs))
    this.#work()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    this.#waiting.clear()
    await Promise.all(this.#running)
  }

  #wait(address: IpAddress, dueAt: number): void {
    if (this.#waiting.size >= this.#options.maxWaiting) this.#dropped += 1
    else this.#waiting.set(address.text, { address, dueAt })
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
    for (const [key, { address, dueAt }] of this.#waiting) {
      if (this.#running.size >= concurrency) return
      if (dueAt > now) next = Math.min(next, dueAt)
      else {
        this.#waiting.delete(key)
        this.#start(address, now)
      }
    }
    if (next !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#work(), next - now).unref()
  }

  #start(address: IpAddress, now: number): void {
    const isFirst = !this.#askedAt.has(address.text)
    this.#remember(address, now)
    if (isFirst) this.#wait(address, now + this.#options.againMs)
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

  #remember(address: IpAddress, now: number): void {
    this.#askedAt.delete(address.text)
    this.#askedAt.set(address.text, now)
    for (const [key, at] of this.#askedAt) {
      const isOver = at + 10 * this.#options.againMs < now
      if (!isOver && this.#askedAt.size <= maxRemembered) break
      this.#askedAt.delete(key)
    }
  }
}
