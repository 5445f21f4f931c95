import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  parseIp,
  parseNetwork,
  systemClock,
  type Clock,
  type IpAddress,
  type IpNetwork,
} from '@gatepost/core'
import { FakeLapi, type FakeLapiOptions } from '@gatepost/lapi-fake'
import { createLogger, PrometheusMetrics, type Logger } from '@gatepost/telemetry'

import {
  CrowdsecFilter,
  Exemptions,
  LapiClient,
  type CrowdsecFilterOptions,
  type LapiClientOptions,
} from '../src/index.ts'

export function ip(text: string): IpAddress {
  const parsed = parseIp(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

/** A Local API, a filter that follows it, and a clock that a test can turn. */
export class FilterFixture implements AsyncDisposable {
  readonly lapi: FakeLapi
  readonly log: string[] = []
  readonly logger: Logger = createLogger('info', { write: (text) => this.log.push(text) })
  readonly clock: Clock = {
    now: () => systemClock.now() + this.skippedMs,
    monotonic: () => systemClock.monotonic() + this.skippedMs,
  }
  metrics: PrometheusMetrics = new PrometheusMetrics()
  skippedMs = 0
  readonly #resources: AsyncDisposableStack
  #folder: string | undefined

  private constructor(lapi: FakeLapi, resources: AsyncDisposableStack) {
    this.lapi = lapi
    this.#resources = resources
  }

  static async open(options: FakeLapiOptions = {}): Promise<FilterFixture> {
    const resources = new AsyncDisposableStack()
    return new FilterFixture(resources.use(await FakeLapi.listen(options)), resources)
  }

  /** Goes with the fixture. */
  get folder(): string {
    if (this.#folder === undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'gatepost-filter-'))
      this.#resources.defer(() => rmSync(folder, { recursive: true, force: true }))
      this.#folder = folder
    }
    return this.#folder
  }

  client(options: Partial<LapiClientOptions> = {}): LapiClient {
    return this.#resources.use(
      new LapiClient({
        url: this.lapi.url,
        apiKey: 'key',
        timeoutMs: 2000,
        version: '0.0.0',
        ...options,
      }),
    )
  }

  filter(options: Partial<CrowdsecFilterOptions> = {}): CrowdsecFilter {
    this.metrics = new PrometheusMetrics()
    return this.#resources.use(
      new CrowdsecFilter({
        source: options.source ?? this.client(),
        clock: this.clock,
        logger: this.logger,
        metrics: this.metrics,
        pollMs: 1,
        reconcileMs: 60_000,
        downAfterMs: 60_000,
        exemptions: exemptions(),
        random: () => 0,
        ...options,
      }),
    )
  }

  async started(options: Partial<CrowdsecFilterOptions> = {}): Promise<CrowdsecFilter> {
    const filter = this.filter(options)
    await filter.start()
    return filter
  }

  logged(text: string): string[] {
    return this.log.filter((line) => line.includes(text))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

export function exemptions(
  lists: { readonly neverBan?: readonly string[]; readonly allowList?: readonly string[] } = {},
): Exemptions {
  return new Exemptions({
    neverBan: networks(lists.neverBan),
    allowList: networks(lists.allowList),
  })
}

function networks(texts: readonly string[] = []): IpNetwork[] {
  return texts.map((text) => parseNetwork(text)).filter((network) => network !== undefined)
}
