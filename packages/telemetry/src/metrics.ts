import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** What a package needs to count; names are Prometheus names with the prefix `gatepost_`. Making one twice gives the same. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): MetricCounter<L>
  /** `read` is called when the metrics are fetched. */
  gauge(name: string, help: string, read: () => number): void
  /** Prometheus text exposition format 0.0.4. */
  render(): Promise<string>
}
export interface MetricCounter<L extends string> {
  add(labels: Readonly<Record<L, string>>, value?: number): void
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

  render(): Promise<string> {
    return this.#registry.metrics()
  }
}
