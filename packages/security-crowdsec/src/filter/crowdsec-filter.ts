import { setTimeout } from 'node:timers/promises'

import { isInNetwork, type Clock, type IpAddress, type IpNetwork } from '@gatepost/core'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { applyStream } from './apply-stream.ts'
import type {
  ConnectionFilter,
  Decision,
  DecisionChange,
  FilterStatus,
  FilterVerdict,
} from './connection-filter.ts'
import { DecisionTable } from './decision-table.ts'
import { noUsage, type FilterUsage } from './filter-usage.ts'
import { readDecisionStream, type DecisionStream } from './lapi-decision.ts'
import { pauseMs } from './poll-pause.ts'

/** Where decisions come from: the Local API, or a test. */
export interface DecisionSource {
  /** @throws Error whose message fits in a log line */
  stream(isStartup: boolean, signal: AbortSignal): Promise<unknown>
}

export interface CrowdsecFilterOptions {
  readonly source: DecisionSource
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Between the end of a poll and the next. */
  readonly pollMs: number
  /** How often the whole list is fetched and compared, since a delta can miss a decision that was committed late. */
  readonly reconcileMs: number
  /** Never refused, whatever is decided: the way back in for a locked-out owner. */
  readonly neverBan: readonly IpNetwork[]
  /** 0 to 1: spreads the tries during an outage, so that many servers do not come back as one. Default: Math.random. */
  readonly random?: () => number
}

/** Follows the Local API's stream of decisions and answers from memory. When the Local API fails, what is known holds until its own end. */
export class CrowdsecFilter implements ConnectionFilter, AsyncDisposable {
  readonly #options: CrowdsecFilterOptions
  readonly #table: DecisionTable
  readonly #listeners = new Set<(change: DecisionChange) => void>()
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #lastSuccessAt: number | null = null
  #lastError: string | null = null
  /** Monotonic time of the last full list; null asks for one. */
  #lastFullAt: number | null = null
  #failures = 0

  constructor(options: CrowdsecFilterOptions) {
    this.#options = options
    this.#table = new DecisionTable(options.clock)
    options.metrics.gauge(
      'gatepost_crowdsec_decisions',
      'Decisions held in memory',
      () => this.#table.size,
    )
    options.metrics.gauge(
      'gatepost_crowdsec_healthy',
      '1 when the last poll of the Local API succeeded',
      () => (this.status().state === 'healthy' ? 1 : 0),
    )
  }

  /** Polls until disposed. Resolves after the first try, good or bad: a server that starts knows what is banned, if anyone can tell. */
  async start(): Promise<void> {
    await this.#poll()
    this.#running = this.#run()
  }

  readonly usage: FilterUsage = noUsage

  check(address: IpAddress): FilterVerdict {
    const decision = this.#table.findBan(address)
    if (
      decision === undefined ||
      this.#options.neverBan.some((network) => isInNetwork(address, network))
    )
      return { kind: 'allow' }
    return { kind: 'ban', decision }
  }

  checkUser(_user: string, _address: IpAddress): FilterVerdict {
    return { kind: 'allow' }
  }

  noteAuthFailure(_address: IpAddress): void {}

  noteStrongLogin(_user: string, _address: IpAddress): void {}

  onChange(listener: (change: DecisionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  decisions(address?: IpAddress | { readonly user: string }): readonly Decision[] {
    if (address !== undefined && 'user' in address) return []
    return address === undefined ? this.#table.all() : [...this.#table.matching(address)]
  }

  status(): FilterStatus {
    const state =
      this.#lastError !== null ? 'stale' : this.#lastSuccessAt === null ? 'starting' : 'healthy'
    return {
      state,
      decisions: this.#table.size,
      lastSuccessAt: this.#lastSuccessAt,
      ageMs: this.#lastSuccessAt === null ? null : this.#options.clock.now() - this.#lastSuccessAt,
      lastError: this.#lastError,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#pause()
      if (!this.#stop.signal.aborted) await this.#poll()
    }
  }

  async #poll(): Promise<void> {
    const { clock } = this.#options
    const isFull =
      this.#lastFullAt === null || clock.monotonic() - this.#lastFullAt >= this.#options.reconcileMs
    const stream = await this.#fetch(isFull)
    const over = this.#table.expire()
    if (stream === undefined) {
      this.#tell({ added: [], deleted: over })
      return
    }
    const { added, deleted, unreadable } = await applyStream(this.#table, stream, isFull)
    if (unreadable > 0)
      this.#options.logger.warn(
        { unreadable, isFull },
        'CrowdSec decisions that make no sense here',
      )
    this.#tell({ added, deleted: [...over, ...deleted] })
  }

  /** Undefined: no good answer, which has been said. */
  async #fetch(isFull: boolean): Promise<DecisionStream | undefined> {
    try {
      const stream = readDecisionStream(
        await this.#options.source.stream(isFull, this.#stop.signal),
      )
      if (stream === undefined) throw new Error('the answer is no list of decisions')
      if (isFull) this.#lastFullAt = this.#options.clock.monotonic()
      this.#succeeded()
      return stream
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(error)
      return undefined
    }
  }

  #tell(change: DecisionChange): void {
    if (change.added.length === 0 && change.deleted.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        // A listener's mistake is not the Local API's: the others hear of the change, and polling goes on.
        this.#options.logger.error({ err: error }, 'a listener to decisions failed')
      }
    }
  }

  #succeeded(): void {
    if (this.#lastError !== null)
      this.#options.logger.info({ failures: this.#failures }, 'CrowdSec Local API answers again')
    this.#lastError = null
    this.#failures = 0
    this.#lastSuccessAt = this.#options.clock.now()
  }

  /** Said once per outage. The next good answer is a full list: what happened meanwhile may not be in a delta. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failures += 1
    this.#lastFullAt = null
    if (this.#lastError === null)
      this.#options.logger.warn(
        { reason, decisions: this.#table.size },
        'CrowdSec Local API does not answer: mail goes on, known decisions hold',
      )
    this.#lastError = reason
  }

  async #pause(): Promise<void> {
    const { pollMs, random = Math.random } = this.#options
    const ms = pauseMs({ pollMs, failures: this.#failures, random: random() })
    // Aborted: the loop ends.
    await setTimeout(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }
}
