import { release } from 'node:os'

import type { Clock } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'
import { LapiError, reasonOf } from '../lapi/lapi-error.ts'
import type { PooledKind } from '../table/kind-pool.ts'
import type { UsageCounters, UsageItem } from './usage-counters.ts'

export interface UsageReporterOptions {
  readonly counters: UsageCounters
  readonly kinds: () => Iterable<PooledKind>
  /** @throws LapiError */
  readonly push: (metrics: object, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly version: string
  readonly everyMs: number
}

/** Tells the Local API what was refused, so that `cscli metrics` and the console show it. Not before release 1.6.3: a 404 ends it. */
export class UsageReporter implements AsyncDisposable {
  readonly #options: UsageReporterOptions
  readonly #startedAt: number
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #lastReportAt: number
  #isUnknown = false
  /** Origins and families whose number of decisions the Local API has, and still shows when nothing is said of them. */
  #named: readonly UsageItem[] = []

  constructor(options: UsageReporterOptions) {
    this.#options = options
    this.#startedAt = options.clock.now()
    this.#lastReportAt = options.clock.monotonic()
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Reports now. Answers whether there is any use in going on. */
  async report(): Promise<boolean> {
    const { counters, push, clock, logger } = this.#options
    const { items, reported } = counters.take()
    const now = clock.monotonic()
    const active = this.#activeDecisions()
    try {
      await push(this.#body([...active, ...items], now), this.#stop.signal)
      reported()
      this.#named = active.filter(({ value }) => value > 0)
      this.#lastReportAt = now
    } catch (error) {
      if (error instanceof LapiError && error.status === 404) {
        this.#isUnknown = true
        logger.info('this Local API takes no usage metrics (before release 1.6.3)')
      } else if (!this.#stop.signal.aborted)
        logger.warn({ reason: reasonOf(error, 0) }, 'usage metrics were not taken; they will be')
    }
    return !this.#isUnknown
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await pause(this.#options.everyMs, signal)
      if (!signal.aborted && !(await this.report())) return
    }
  }

  /** Exactly one component, `metrics` a list: what the documentation shows as an object is refused. */
  #body(items: readonly UsageItem[], now: number): object {
    const { clock, version } = this.#options
    return {
      remediation_components: [
        {
          type: 'crowdsec-gatepost-bouncer',
          version: `v${version}`,
          os: { name: process.platform, version: release() },
          feature_flags: [],
          utc_startup_timestamp: Math.floor(this.#startedAt / 1000),
          metrics: [
            {
              meta: {
                window_size_seconds: Math.max(1, Math.round((now - this.#lastReportAt) / 1000)),
                utc_now_timestamp: Math.floor(clock.now() / 1000),
              },
              items,
            },
          ],
        },
      ],
    }
  }

  /** A gauge keeps its last value: what was named before and is gone is named once more, as nothing. */
  #activeDecisions(): UsageItem[] {
    const totals = new Map<string, UsageItem & { value: number }>()
    for (const { origin, counts } of this.#options.kinds())
      for (const family of ['ipv4', 'ipv6'] as const) {
        if (counts[family] === 0) continue
        const labels = { origin, ip_type: family }
        const key = keyOf(labels)
        const item = totals.get(key) ?? { name: 'active_decisions', value: 0, unit: 'ip', labels }
        totals.set(key, { ...item, value: item.value + counts[family] })
      }
    const zeros = this.#named
      .filter(({ labels }) => !totals.has(keyOf(labels)))
      .map((item) => ({ ...item, value: 0 }))
    return [...totals.values(), ...zeros]
  }
}

function keyOf({ origin = '', ip_type: family = '' }: UsageItem['labels']): string {
  return `${origin}\n${family}`
}
