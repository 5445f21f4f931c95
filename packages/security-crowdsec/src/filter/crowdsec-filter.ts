import type { Clock, IpAddress } from '@gatepost/core'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { pause } from '../pause.ts'
import type {
  ConnectionFilter,
  Decision,
  DecisionChange,
  FilterStatus,
  FilterVerdict,
} from './connection-filter.ts'
import type { Exemptions } from './exempt/exemptions.ts'
import { FeedState } from './feed-state.ts'
import { FilterMetrics } from './filter-metrics.ts'
import type { StreamRequest } from './lapi/lapi-client.ts'
import { pauseMs } from './lapi/poll-pause.ts'
import { LiveCheck, type LiveSource } from './live/live-check.ts'
import type { PlaceFinder } from './place/place-finder.ts'
import { RecentClients } from './recent-clients.ts'
import { RecentDeletions } from './recent-deletions.ts'
import type { SnapshotKeeper } from './snapshot/snapshot-keeper.ts'
import type { DecisionBatch } from './stream/decision-batch.ts'
import { FullListSchedule } from './stream/full-list-schedule.ts'
import { ShortListGuard } from './stream/short-list-guard.ts'
import { isAskedFor, type StreamFilters } from './stream/stream-filters.ts'
import { applyBatch } from './table/apply-batch.ts'
import { DecisionTable, type ChangeList } from './table/decision-table.ts'
import { Remedies } from './table/remedies.ts'
import { noUsage, type FilterUsage } from './usage/filter-usage.ts'
import { Verdicts } from './verdicts.ts'

/** Where decisions come from: the Local API, or a test. */
export interface DecisionSource {
  /** @throws Error whose message fits in a log line */
  stream(request: StreamRequest, signal: AbortSignal): Promise<DecisionBatch>
}

export interface CrowdsecFilterOptions {
  readonly source: DecisionSource
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Between the end of a poll and the next. */
  readonly pollMs: number
  /** How often at least the whole list is fetched and compared, see FullListSchedule. */
  readonly reconcileMs: number
  /** Without a good answer for longer, `stale` becomes `down`. */
  readonly downAfterMs: number
  readonly exemptions: Exemptions
  readonly remedies?: Remedies
  readonly maxDecisions?: number
  /** Left out: countries and systems are not known, decisions on them concern nobody. */
  readonly places?: PlaceFinder
  /** Left out: nothing is kept for the next start. */
  readonly snapshot?: SnapshotKeeper
  /** On a key of its own. Left out: polls have to do. */
  readonly live?: LiveSource
  readonly usage?: FilterUsage
  /** Which decisions the source is asked for: others of a snapshot are left out. Left out: all. */
  readonly streamFilters?: StreamFilters
  /** 0 to 1: spreads the tries during an outage, so that many servers do not come back as one. Default: Math.random. */
  readonly random?: () => number
}

const expireEveryMs = 500
/** So many at once are an import: the rest of it is being committed. */
const bulkDecisions = 500
/** What an answer takes at most in everyday use. */
const slowAnswerMs = 1000
/** About a millisecond of work. */
const pageSlots = 1000
/** Less than two milliseconds of work. */
const expireAtOnce = 2000

/** Follows the Local API's stream of decisions and answers from memory. When the Local API fails, what is known holds until its own end. */
export class CrowdsecFilter implements ConnectionFilter, AsyncDisposable {
  readonly #options: CrowdsecFilterOptions
  readonly #table: DecisionTable
  readonly #feed: FeedState
  readonly #metrics: FilterMetrics
  readonly #verdicts: Verdicts
  readonly #live: LiveCheck | undefined
  readonly #deletions: RecentDeletions
  readonly #recent = new RecentClients()
  readonly #listeners = new Set<(change: DecisionChange) => void>()
  readonly #stop = new AbortController()
  readonly usage: FilterUsage
  #running: Promise<void> = Promise.resolve()
  #isDownSaid = false
  #polling: Promise<void> | undefined
  #expiring: NodeJS.Timeout | undefined
  readonly #fullLists: FullListSchedule
  readonly #shortLists = new ShortListGuard()

  constructor(options: CrowdsecFilterOptions) {
    const { clock, logger, metrics, maxDecisions, exemptions, places } = options
    const { remedies = new Remedies() } = options
    this.#options = options
    this.#fullLists = new FullListSchedule({ atLeastEveryMs: options.reconcileMs })
    this.#table = new DecisionTable({
      clock,
      remedies,
      ...(maxDecisions === undefined ? {} : { maxDecisions }),
    })
    this.#feed = new FeedState(clock, options.downAfterMs)
    this.#deletions = new RecentDeletions(clock)
    this.usage = options.usage ?? noUsage
    if (options.live !== undefined) {
      const use = (batch: DecisionBatch, askedAt: number): void => this.#useLive(batch, askedAt)
      this.#live = new LiveCheck({ source: options.live, clock, logger, use })
    }
    this.#metrics = new FilterMetrics(metrics, {
      table: this.#table,
      feed: this.#feed,
      live: this.#live,
      status: () => this.status(),
    })
    this.#verdicts = new Verdicts({
      table: this.#table,
      remedies,
      exemptions,
      places,
      metrics: this.#metrics,
    })
  }

  /** Polls until disposed. Resolves after the first try, good or bad: a server that starts knows what is banned, if anyone can tell. */
  async start(): Promise<void> {
    const { snapshot } = this.#options
    const kept = await snapshot?.load()
    if (kept !== undefined) {
      this.#leaveOut(kept.batch)
      await applyBatch({ table: this.#table, batch: kept.batch, isFull: false, change: undefined })
      this.#feed.fromSnapshot(kept.savedAt)
    }
    await this.poll()
    snapshot?.keep(this.#table)
    this.#expiring = setInterval(() => this.#expire(), expireEveryMs).unref()
    this.#running = this.#run()
  }

  /** What the filters of today would not ask for holds no longer, also while nobody can be asked. */
  #leaveOut({ kinds, remainingMs, size }: DecisionBatch): void {
    const { streamFilters } = this.#options
    if (streamFilters === undefined) return
    for (let row = 0; row < size; row += 1) {
      const kind = kinds[row]
      if (kind !== undefined && !isAskedFor(kind, streamFilters)) remainingMs[row] = 0
    }
  }

  check(address: IpAddress): FilterVerdict {
    this.#recent.note(address)
    return this.#verdicts.ofAddress(address)
  }

  checkUser(user: string, address: IpAddress): FilterVerdict {
    return this.#verdicts.ofUser(user, address)
  }

  noteAuthFailure(address: IpAddress): void {
    if (!this.#options.exemptions.isNeverBanned(address)) this.#live?.note(address)
  }

  noteStrongLogin(user: string, address: IpAddress): void {
    this.#options.exemptions.noteLogin(user, address)
  }

  onChange(listener: (change: DecisionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  decisions(of?: IpAddress | { readonly user: string }): readonly Decision[] {
    return of === undefined ? this.#table.all() : this.#verdicts.decisionsOn(of)
  }

  *decisionPages(): Generator<readonly Decision[]> {
    for (let from = 0; from !== -1;) {
      const page: Decision[] = []
      from = this.#table.each(from, pageSlots, (decision) => page.push(decision))
      yield page
    }
  }

  status(): FilterStatus {
    const { state, lastSuccessAt, ageMs, lastError } = this.#feed
    return { state, decisions: this.#table.size, lastSuccessAt, ageMs, lastError }
  }

  /** Who has been judged lately, each once, the last first. */
  recentClients(): readonly IpAddress[] {
    return this.#recent.all()
  }

  /** How many decisions there are of each type, scenario and origin. */
  kinds(): ReturnType<DecisionTable['kinds']> {
    return this.#table.kinds()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#expiring)
    await this.#live?.[Symbol.asyncDispose]()
    await this.#running
    await this.#options.snapshot?.stop()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#pause()
      if (!this.#stop.signal.aborted) await this.poll()
    }
  }

  /** Asks now, or waits for the question that is under way. */
  poll(): Promise<void> {
    this.#polling ??= this.#pollOnce().finally(() => (this.#polling = undefined))
    return this.#polling
  }

  async #pollOnce(): Promise<void> {
    const { clock, logger } = this.#options
    const startedAt = clock.monotonic()
    const isFull = this.#fullLists.isDue(startedAt)
    const batch = await this.#fetch(isFull)
    const answeredAt = clock.monotonic()
    this.#metrics.flush()
    this.#expire()
    if (batch === undefined) return
    const change = this.#newChange()
    if (this.#live !== undefined) this.#deletions.add(batch.deleted)
    const listed = batch.size + batch.unreadableIds.length
    const known = this.#table.size
    const isWhole = isFull && this.#shortLists.isBelieved(listed, known)
    await applyBatch({ table: this.#table, batch, isFull: isWhole, change })
    // Else the next poll asks for it again.
    if (isWhole) this.#fullLists.came(startedAt, clock.monotonic())
    const added = isFull ? this.#table.size - known : batch.size
    const isSlow = !isFull && answeredAt - startedAt > slowAnswerMs
    if (added > bulkDecisions || isSlow) this.#fullLists.mayHaveMissed(clock.monotonic())
    this.#succeeded()
    this.#metrics.polled(clock.monotonic() - startedAt)
    if (batch.unreadable > 0)
      logger.warn(
        { unreadable: batch.unreadable, isFull },
        'CrowdSec decisions that make no sense here',
      )
    this.#noteForSnapshot(batch, isFull, change)
    this.#tell(change)
  }

  /** A full list names everything again: it is new only where something was added or is gone. */
  #noteForSnapshot(batch: DecisionBatch, isFull: boolean, change: ChangeList | undefined): void {
    const { snapshot } = this.#options
    const isNew = isFull
      ? change === undefined || change.added.length + change.deleted.length > 0
      : batch.size + batch.deleted.length > 0
    if (isNew) snapshot?.noteChange()
    else snapshot?.noteConfirmed()
  }

  /** Undefined: no good answer, which has been said. */
  async #fetch(isStartup: boolean): Promise<DecisionBatch | undefined> {
    try {
      return await this.#options.source.stream({ isStartup }, this.#stop.signal)
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(error)
      return undefined
    }
  }

  /** What a live check has found. An answer from before a deletion that has been heard of since would bring the decision back. */
  #useLive(batch: DecisionBatch, askedAt: number): void {
    const change = this.#newChange()
    const intake = this.#table.intake(batch.size, change)
    for (let row = 0; row < batch.size; row += 1)
      if (!this.#deletions.hasSince(batch.ids[row] ?? 0, askedAt))
        this.#table.put(batch, row, intake)
    if (batch.size > 0) this.#options.snapshot?.noteChange()
    this.#tell(change)
  }

  #expire(): void {
    const change = this.#newChange()
    const isDone = this.#table.expire(expireAtOnce, change)
    this.#tell(change)
    if (!isDone) setImmediate(() => this.#expire())
  }

  /** Nobody listens while the first list comes in: no need to name a hundred thousand decisions. */
  #newChange(): ChangeList | undefined {
    return this.#listeners.size === 0 ? undefined : { added: [], deleted: [] }
  }

  #tell(change: ChangeList | undefined): void {
    if (change === undefined || change.added.length + change.deleted.length === 0) return
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
    const failures = this.#feed.succeeded()
    this.#isDownSaid = false
    if (failures > 0) this.#options.logger.info({ failures }, 'CrowdSec Local API answers again')
  }

  /** Said once per outage, and once more when it takes too long. The next good answer is a full list: what happened meanwhile may not be in a delta. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#fullLists.now()
    if (this.#feed.failures === 0)
      this.#options.logger.warn(
        { reason, decisions: this.#table.size },
        'CrowdSec Local API does not answer: mail goes on, known decisions hold',
      )
    this.#feed.failed(reason)
    if (!this.#isDownSaid && this.#feed.state === 'down') {
      this.#isDownSaid = true
      this.#options.logger.error(
        { reason, ageMs: this.#feed.ageMs },
        'CrowdSec Local API is down: listeners do what is configured for that',
      )
    }
  }

  async #pause(): Promise<void> {
    const { pollMs, random = Math.random } = this.#options
    const ms = pauseMs({ pollMs, failures: this.#feed.failures, random: random() })
    await pause(ms, this.#stop.signal)
  }
}
