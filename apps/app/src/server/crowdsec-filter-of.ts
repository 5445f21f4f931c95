import { join } from 'node:path'

import { ConfigError } from '@gatepost/config'
import { parseNetwork, type Clock, type IpNetwork } from '@gatepost/core'
import {
  CrowdsecFilter,
  Exemptions,
  LapiClient,
  openFilter,
  openMmdb,
  PlaceFinder,
  Remedies,
  simulate,
  SnapshotKeeper,
  StrongLogins,
  UsageCounters,
  UsageReporter,
  type ConnectionFilter,
  type CrowdsecConfig,
  type LapiClientOptions,
  type LapiTls,
  type Simulation,
  type StreamFilters,
} from '@gatepost/security-crowdsec'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'
import type { GatepostConfig } from '../config/schema.ts'

export interface LapiAccess {
  readonly url: string
  /** Left out: the client certificate says who we are. */
  readonly apiKey?: string
  /** For live checks; the stream is not read with it. */
  readonly liveApiKey?: string
  readonly tls?: LapiTls
}
export interface FilterParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly version: string
  readonly resources: AsyncDisposableStack
}

const snapshotEveryMs = 2000
const simulationMs = 60_000
/** A tool looks once. */
const viewPollMs = 3_600_000

/** The Local API of the configuration; undefined when none is configured. @throws ConfigError for a file that cannot be read */
export function configuredLapi(config: CrowdsecConfig): LapiAccess | undefined {
  if (config.lapi_url === undefined) return undefined
  const apiKey = secretOf(config.api_key, config.api_key_file)
  const liveApiKey = secretOf(config.live_api_key, config.live_api_key_file)
  const tls = {
    ...fileOf('cert', config.client_certificate),
    ...fileOf('key', config.client_key),
    ...fileOf('ca', config.ca_certificate),
  }
  return {
    url: config.lapi_url,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(liveApiKey === undefined ? {} : { liveApiKey }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  }
}

export interface OpenedFilter {
  readonly filter: ConnectionFilter
  /** What simulated decisions would do; undefined without a Local API. @throws LapiError */
  readonly simulation: (() => Promise<Simulation>) | undefined
}

/**
 * The filter of a server, polling and owned by `resources`; one that lets everybody in when there is no Local API.
 * @throws ConfigError for an mmdb file that is none
 */
export async function openConnectionFilter(
  lapi: LapiAccess | undefined,
  config: GatepostConfig,
  parts: FilterParts & { readonly logins: StrongLogins },
): Promise<OpenedFilter> {
  if (lapi === undefined) return { filter: openFilter, simulation: undefined }
  const { crowdsec } = config
  const { clock, logger, version, resources, logins } = parts
  const client = resources.use(new LapiClient(clientOptions(lapi, crowdsec, version)))
  const counters = new UsageCounters()
  const live =
    lapi.liveApiKey === undefined
      ? undefined
      : resources.use(new LapiClient(liveOptions(lapi, crowdsec, version)))
  const exemptions = exemptionsOf(config, logins)
  const settings = { ...settingsOf(crowdsec), ...(await placesOf(crowdsec)) }
  const filter = resources.use(
    new CrowdsecFilter({
      ...parts,
      ...settings,
      ...(live === undefined ? {} : { live }),
      source: client,
      exemptions,
      usage: counters,
      ...(crowdsec.snapshot
        ? {
            snapshot: new SnapshotKeeper({
              path: join(config.data, 'crowdsec-decisions'),
              everyMs: snapshotEveryMs,
              clock,
              logger,
            }),
          }
        : {}),
    }),
  )
  await filter.start()
  if (crowdsec.usage_metrics_minutes > 0) {
    const reporter = new UsageReporter({
      counters,
      kinds: () => filter.kinds(),
      push: (metrics, signal) => client.pushUsage(metrics, signal),
      everyMs: crowdsec.usage_metrics_minutes * 60_000,
      clock,
      logger,
      version,
    })
    reporter.start()
    resources.use(reporter)
  }
  return {
    filter,
    simulation: simulationOf(live ?? client, { filter, exemptions, clock, settings }),
  }
}

function simulationOf(
  asked: Pick<LapiClient, 'everything'>,
  parts: {
    readonly filter: CrowdsecFilter
    readonly exemptions: Exemptions
    readonly clock: Clock
    readonly settings: { readonly remedies: Remedies; readonly places?: PlaceFinder }
  },
): () => Promise<Simulation> {
  const { filter, exemptions, clock, settings } = parts
  return () =>
    simulate(
      {
        everything: (withSimulated, signal) => asked.everything(withSimulated, signal),
        filter,
        recent: filter.recentClients(),
        exemptions,
        clock,
        ...settings,
      },
      AbortSignal.timeout(simulationMs),
    )
}

/**
 * A look at what a Local API has decided, for a tool beside the server: it keeps nothing and tells nobody. It does not read the stream, whose cursor is
 * the server's, but the list, and with the second key where there is one: newer engines let a list move the cursor of its key once that is a minute old.
 */
export async function openFilterView(
  lapi: LapiAccess,
  config: GatepostConfig,
  parts: FilterParts,
): Promise<OpenedFilter> {
  const { crowdsec } = config
  const { clock, version, resources } = parts
  const options = lapi.liveApiKey === undefined ? clientOptions : liveOptions
  const client = resources.use(new LapiClient(options(lapi, crowdsec, version)))
  const exemptions = exemptionsOf(config, new StrongLogins({ clock }))
  const settings = { ...settingsOf(crowdsec), ...(await placesOf(crowdsec)) }
  const source = {
    everything: (withSimulated: boolean, signal: AbortSignal) =>
      client.everything(withSimulated, signal),
    stream: (_request: unknown, signal: AbortSignal) => client.everything(false, signal),
  }
  const filter = resources.use(
    new CrowdsecFilter({ ...parts, ...settings, source, exemptions, pollMs: viewPollMs }),
  )
  await filter.start()
  return { filter, simulation: simulationOf(source, { filter, exemptions, clock, settings }) }
}

/** Who is never refused and never reported: those named, and the proxies that others come through. */
export function neverBanned({ crowdsec, proxy }: GatepostConfig): IpNetwork[] {
  return networksOf([...crowdsec.never_ban, ...proxy.trusted])
}

/** Those that decisions on addresses do not concern, for good. */
export function exemptNetworks(config: GatepostConfig): IpNetwork[] {
  return [...neverBanned(config), ...networksOf(config.crowdsec.allow_list)]
}

function exemptionsOf(config: GatepostConfig, of: StrongLogins): Exemptions {
  const { allow_list: allowList, exempt_after_login_seconds: exempt } = config.crowdsec
  const throttleExempt = config.crowdsec.throttle_exempt_after_login_seconds
  return new Exemptions({
    neverBan: neverBanned(config),
    allowList: networksOf(allowList),
    logins: { of, exemptMs: exempt * 1000, throttleExemptMs: throttleExempt * 1000 },
  })
}

function streamFiltersOf({ stream }: CrowdsecConfig): StreamFilters {
  return {
    origins: stream.origins,
    scenariosContaining: stream.scenarios_containing,
    scenariosNotContaining: stream.scenarios_not_containing,
  }
}

function settingsOf(config: CrowdsecConfig): {
  readonly pollMs: number
  readonly reconcileMs: number
  readonly downAfterMs: number
  readonly remedies: Remedies
  readonly streamFilters: StreamFilters
} {
  return {
    streamFilters: streamFiltersOf(config),
    pollMs: config.poll_seconds * 1000,
    reconcileMs: config.reconcile_seconds * 1000,
    downAfterMs: config.down_after_seconds * 1000,
    remedies: new Remedies({ types: config.types, unknownTypes: config.unknown_types }),
  }
}

async function placesOf(config: CrowdsecConfig): Promise<{ readonly places?: PlaceFinder }> {
  if (config.mmdb_files.length === 0) return {}
  const sources = await Promise.all(
    config.mmdb_files.map((path) =>
      openMmdb(path).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        throw new ConfigError([{ where: path, text: `[crowdsec] mmdb_files: ${reason}` }])
      }),
    ),
  )
  return { places: new PlaceFinder(sources) }
}

function clientOptions(
  { url, apiKey, tls }: LapiAccess,
  config: CrowdsecConfig,
  version: string,
): LapiClientOptions {
  return {
    url,
    timeoutMs: config.timeout_seconds * 1000,
    version,
    filters: streamFiltersOf(config),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined ? {} : { tls }),
  }
}

/** A certificate would win over the key, and be the stream's cursor: the second reader shows its key alone. */
function liveOptions(
  { url, liveApiKey = '', tls }: LapiAccess,
  config: CrowdsecConfig,
  version: string,
): LapiClientOptions {
  const ca = tls?.ca === undefined ? {} : { tls: { ca: tls.ca } }
  return { ...clientOptions({ url, apiKey: liveApiKey }, config, version), ...ca }
}

function networksOf(texts: readonly string[]): IpNetwork[] {
  return texts.map((text) => parseNetwork(text)).filter((network) => network !== undefined)
}
function secretOf(text: string | undefined, file: string | undefined): string | undefined {
  return text ?? (file === undefined ? undefined : readSecret(file))
}
function fileOf(name: 'cert' | 'key' | 'ca', path: string | undefined): LapiTls {
  return path === undefined ? {} : { [name]: readSecret(path) }
}
