import { setTimeout } from 'node:timers/promises'

import type { Clock } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import type { DecisionTable } from '../table/decision-table.ts'
import { readSnapshot, writeSnapshot, type Snapshot } from './decision-snapshot.ts'

export interface SnapshotKeeperOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
  /** At most so often; and when the server stops. */
  readonly everyMs: number
}

/** Keeps the file up with the table. A disk that fails costs the snapshot, nothing else. */
export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #isChanged = false
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
        'the snapshot of decisions can not be read: it will be replaced',
      )
      return undefined
    }
  }

  noteChange(): void {
    this.#isChanged = true
  }

  keep(table: DecisionTable): void {
    this.#running = this.#run(table)
  }

  /** Writes what has changed since the last time. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(table: DecisionTable): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await setTimeout(this.#options.everyMs, undefined, { signal, ref: false }).catch(
        () => undefined,
      )
      if (this.#isChanged) await this.#save(table)
    }
  }

  async #save(table: DecisionTable): Promise<void> {
    const { path, clock, logger } = this.#options
    this.#isChanged = false
    try {
      await writeSnapshot(path, table, clock)
      this.#hasFailed = false
    } catch (error) {
      this.#isChanged = true
      if (!this.#hasFailed)
        logger.warn({ reason: String(error), path }, 'the snapshot of decisions can not be written')
      this.#hasFailed = true
    }
  }
}
