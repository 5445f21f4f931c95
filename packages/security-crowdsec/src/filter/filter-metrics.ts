import type { MetricCounter, MetricHistogram, Metrics } from '@gatepost/telemetry'

import type { FilterStatus } from './connection-filter.ts'
import type { FeedState } from './feed-state.ts'
import type { LiveCheck } from './live/live-check.ts'
import type { DecisionTable } from './table/decision-table.ts'

export interface MeasuredFilter {
  readonly table: DecisionTable
  readonly feed: FeedState
  readonly live: LiveCheck | undefined
  readonly status: () => FilterStatus
}

const pollSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Rows of a scrape: lists of the community have an origin each. */
const maxRows = 500

/** What Prometheus sees of the filter. Look-ups are counted in plain numbers, and handed over now and then: a counter with labels costs more than a look-up. */
export class FilterMetrics {
  readonly #lookups: MetricCounter<'result'>
  readonly #polls: MetricHistogram
  #allowed = 0
  #remedied = 0

  constructor(metrics: Metrics, { table, feed, live, status }: MeasuredFilter) {
    const gauge = (name: string, help: string, read: () => number): void =>
      metrics.gauge(`gatepost_crowdsec_${name}`, help, read)
    gauge('decisions', 'Decisions held in memory', () => table.size)
    gauge('decisions_dropped', 'Decisions not taken in: the table is full', () => table.dropped)
    gauge('healthy', '1 when the last poll of the Local API succeeded', () =>
      status().state === 'healthy' ? 1 : 0,
    )
    gauge('staleness_seconds', 'Age of what is known; -1 when nothing is', () => {
      const { ageMs } = status()
      return ageMs === null ? -1 : ageMs / 1000
    })
    gauge(
      'reconnects',
      'How often the Local API answered again after it had not',
      () => feed.reconnects,
    )
    if (live !== undefined) {
      gauge('live_checks', 'Addresses asked about after a failed login', () => live.asked)
      gauge('live_checks_failed', 'Such questions without an answer', () => live.failed)
      gauge('live_checks_dropped', 'Such questions not asked: too many', () => live.dropped)
    }
    metrics.gauges(
      'gatepost_crowdsec_active_decisions',
      'Decisions held in memory, by origin and type',
      ['origin', 'type'],
      () => rows(table),
    )
    this.#lookups = metrics.counter('gatepost_crowdsec_lookups_total', 'Clients looked up', [
      'result',
    ])
    this.#polls = metrics.histogram(
      'gatepost_crowdsec_poll_seconds',
      'How long a good answer of the Local API took, taken in',
      pollSeconds,
    )
  }

  lookedUp(isRemedied: boolean): void {
    if (isRemedied) this.#remedied += 1
    else this.#allowed += 1
  }

  polled(ms: number): void {
    this.#polls.observe(ms / 1000)
  }

  flush(): void {
    this.#lookups.add({ result: 'allow' }, this.#allowed)
    this.#lookups.add({ result: 'remedy' }, this.#remedied)
    this.#allowed = 0
    this.#remedied = 0
  }
}

function* rows(table: DecisionTable): Generator<{
  readonly labels: { readonly origin: string; readonly type: string }
  readonly value: number
}> {
  const sums = new Map<string, { labels: { origin: string; type: string }; value: number }>()
  for (const { origin, type, counts } of table.kinds()) {
    const key = `${origin}\n${type}`
    const row = sums.get(key) ?? { labels: { origin, type }, value: 0 }
    row.value += counts.ipv4 + counts.ipv6 + counts.name
    if (sums.has(key) || sums.size < maxRows) sums.set(key, row)
  }
  yield* sums.values()
}
