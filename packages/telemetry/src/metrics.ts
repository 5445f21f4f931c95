import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What a package needs to count; names are Prometheus names with the prefix `gatepost_`. Making one twice gives the same. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): MetricCounter<L>
  /** `read` is called when the metrics are fetched. */
  gauge(name: string, help: string, read: () => number): void
  /** As `gauge`, a value for each combination of labels; a combination that `read` no longer names is gone. */
  gauges<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    read: () => Iterable<LabelledValue<L>>,
  ): void
  /** `buckets`: upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[]): MetricHistogram
  /** Prometheus text exposition format 0.0.4. */
  render(): Promise<string>
}
export interface MetricCounter<L extends string> {
  add(labels: Readonly<Record<L, string>>, value?: number): void
}

export interface MetricHistogram {
  observe(value: number): void
}
export interface LabelledValue<L extends string> {
  readonly labels: Readonly<Record<L, string>>
  readonly value: number
}

export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry()

  constructor(options: { readonly withProcess: boolean } = { withProcess: false }) {
    if (options.withProcess) collectDefaultMetrics({ register: this.#registry })
  }

  counter<L extends string>(name: string, help: string, labels: readonly L[]): MetricCounter<L> {
    const known = this.#registry.getSingleMetric(name)
    const counter =
      known instanceof Counter
        ? known
        : new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] })
    return { add: (values, value = 1) => counter.inc(values, value) }
  }

  gauge(name: string, help: string, read: () => number): void {
    this.#registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read())
        },
      }),
    )
  }

  gauges<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    read: () => Iterable<LabelledValue<L>>,
  ): void {
    this.#registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [],
        collect() {
          this.reset()
          for (const item of read()) this.set(item.labels, item.value)
        },
      }),
    )
  }

  histogram(name: string, help: string, buckets: readonly number[]): MetricHistogram {
    const known = this.#registry.getSingleMetric(name)
    return known instanceof Histogram
      ? known
      : new Histogram({ name, help, buckets: [...buckets], registers: [this.#registry] })
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }
}
