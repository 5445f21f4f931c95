import type { Clock } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'
import type { DecisionTable } from '../table/decision-table.ts'
import { readSnapshot, writeSnapshot, type Snapshot } from './decision-snapshot.ts'

export interface SnapshotKeeperOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  /** After a change at most so often; and when the server stops. */
  readonly everyMs: number
}

/** So often without a change: how old what is known is, is in it as well. */
const refreshMs = 60_000
/** Of the time, at most this share goes into writing: a long list that changes all the time is written less often. */
const share = 0.02

/** Keeps the file up with the table. A disk that fails costs the snapshot, nothing else. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #isChanged = false
  #isConfirmed = false
  /** By the monotonic clock. */
  #savedAt = Number.NEGATIVE_INFINITY
  #tookMs = 0
  #hasFailed = false

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options
  }

  /** What was kept, undefined when there is nothing, or nothing usable, which is logged. */
  async load(): Promise<Snapshot | undefined> {
    const { path, clock, logger } = this.#options
    try {
      return await readSnapshot(path, clock)
    } catch (error) {
      logger.warn(
        { reason: String(error), path },
        'the snapshot of decisions cannot be read: it will be replaced',
      )
      return undefined
    }
  }

  noteChange(): void {
    this.#isChanged = true
  }
  /** The Local API has answered, and nothing is different. */
  noteConfirmed(): void {
    this.#isConfirmed = true
  }

  keep(table: DecisionTable): void {
    this.#running = this.#run(table)
  }

  /** Writes what is new since the last time. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(table: DecisionTable): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await pause(Math.max(this.#options.everyMs, this.#tookMs / share), signal)
      if (!signal.aborted && (this.#isChanged || (this.#isConfirmed && this.#isOld)))
        await this.#save(table)
    }
    // Also what came while the last one was being written.
    if (this.#isChanged || this.#isConfirmed) await this.#save(table)
  }

  get #isOld(): boolean {
    return this.#options.clock.monotonic() - this.#savedAt >= refreshMs
  }

  async #save(table: DecisionTable): Promise<void> {
    const { path, clock, logger } = this.#options
    this.#isChanged = false
    this.#isConfirmed = false
    this.#savedAt = clock.monotonic()
    try {
      await writeSnapshot(path, table, clock)
      this.#tookMs = clock.monotonic() - this.#savedAt
      this.#hasFailed = false
    } catch (error) {
      this.#isChanged = true
      if (!this.#hasFailed)
        logger.warn({ reason: String(error), path }, 'the snapshot of decisions cannot be written')
      this.#hasFailed = true
    }
  }
}
