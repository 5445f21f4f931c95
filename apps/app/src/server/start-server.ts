import type { AddressInfo } from 'node:net'

import {
  CachedDirectory,
  KnownDomains,
  parseNetwork,
  systemClock,
  type Clock,
  type IpNetwork,
} from '@gatepost/core'
import {
  defaultRetrySchedule,
  Delivery,
  DnsMailHostFinder,
  reachOf,
  relayFinder,
  type MailHostFinder,
  type RetrySchedule,
} from '@gatepost/delivery'
import { LoginWatch, splitListenAddress, type Gate } from '@gatepost/gate'
import {
  SecurityEventLog,
  type ConnectionFilter,
  type Simulation,
} from '@gatepost/security-crowdsec'
import { openStore, type SqliteStore } from '@gatepost/store-sqlite'
import {
  createLogger,
  PrometheusMetrics,
  type LogDestination,
  type Metrics,
} from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'
import { listenerNames, type GatepostConfig, type ListenerName } from '../config/schema.ts'
import { loadCertificate, type LoadedCertificate } from '../first-run/certificate.ts'
import { createAdminApi } from './admin-api.ts'
import { configuredLapi, openConnectionFilter, type LapiAccess } from './crowdsec-filter-of.ts'
import { hostRulesOf } from './host-rules-of.ts'
import { openKeptLogins } from './kept-logins.ts'
import { openDoors, type Doors } from './open-doors.ts'
import { openGate } from './open-gate.ts'
import { attackReporterOf, watchSecurityLog } from './security-watch.ts'
import { readVersion } from './version.ts'

export interface ServerOptions {
  readonly config: GatepostConfig
  readonly log: LogDestination
  readonly security: LogDestination
  /** Of an engine that we run; the configuration's own comes first. */
  readonly lapi?: LapiAccess | undefined
  /** Left out: its own. */
  readonly metrics?: Metrics
  readonly clock?: Clock
  /** For tests: where mail for other domains goes instead of their MX. */
  readonly hosts?: MailHostFinder
  readonly schedule?: RetrySchedule
}

export interface RunningServer extends AsyncDisposable {
  readonly addresses: Readonly<Partial<Record<ListenerName, AddressInfo>>>
  readonly store: SqliteStore
  readonly filter: ConnectionFilter
  readonly certificate: LoadedCertificate
}

/** Composes the packages: configuration -> ports -> doors -> gate. Disposing stops in reverse order: no new clients, sessions end, queue, store. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config } = options
  const clock = options.clock ?? systemClock
  await using resources = new AsyncDisposableStack()
  const logger = createLogger(config.log.level, options.log)
  const metrics = options.metrics ?? new PrometheusMetrics({ withProcess: true })
  const securityLog = watchSecurityLog(options.security)
  const security = new SecurityEventLog(securityLog.destination, clock)
  const shared = { clock, logger, metrics, version: readVersion(), resources }

  const store = resources.use(
    await openStore({
      dataFolder: config.data,
      localDomains: config.domains,
      clock,
      logger,
      mode: 'server',
    }),
  )
  const directory = resources.use(new CachedDirectory(store.directory, store.changes))
  const domains = resources.use(
    await KnownDomains.open({
      directory: store.directory,
      changes: store.changes,
      onError: (error) => logger.error({ err: error }, 'the domains could not be read again'),
    }),
  )
  const certificate = await loadCertificate(config, clock, logger)
  const lapi = configuredLapi(config.crowdsec) ?? options.lapi
  const logins = await openKeptLogins(config, shared)
  const opened = await openConnectionFilter(lapi, config, { ...shared, logins })
  const { filter } = opened
  securityLog.reportTo(attackReporterOf(lapi, config, shared))
  const delivery = resources.use(
    new Delivery({
      store: store.mail,
      queue: store.queue,
      directory,
      hosts: options.hosts ?? hostsOf(config),
      hostname: config.hostname,
      random: Math.random,
      schedule: options.schedule ?? defaultRetrySchedule,
      ...shared,
    }),
  )
  const trustedProxies = networksOf(config.proxy.trusted)
  const loginWatch = resources.use(new LoginWatch({ directory, changes: store.changes, logger }))
  const gate = resources.use(
    openGate(config, {
      filter,
      security,
      logger,
      metrics,
      trustedProxies,
      clock,
      logins,
      loginWatch,
      secureContext: certificate.secureContext,
    }),
  )
  const doors = await openDoors(config, {
    ...shared,
    store,
    directory,
    domains,
    intake: delivery.intake,
    gate,
    loginWatch,
    filter,
    security,
    trustedProxies,
  })
  const addresses = await listenAll(config, gate, doors)
  if (config.listen.admin.enabled)
    addresses.admin = await listenAdmin(config, {
      ...opened,
      gate,
      metrics,
      store,
      domains,
      resources,
    })
  delivery.start()
  const owned = resources.move()
  return {
    addresses,
    store,
    filter,
    certificate,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function listenAll(
  config: GatepostConfig,
  gate: Gate,
  doors: Doors,
): Promise<Partial<Record<ListenerName, AddressInfo>>> {
  const addresses: Partial<Record<ListenerName, AddressInfo>> = {}
  for (const name of listenerNames) {
    const listener = config.listen[name]
    if (!listener.enabled || name === 'admin') continue
    addresses[name] = await gate.listen({
      ...splitListenAddress(listener.address),
      name,
      isImplicitTls: name === 'submissions' || name === 'imaps' || name === 'https',
      isProxied: listener.proxy_protocol === true,
      greetingWaitMs: (listener.greeting_wait_seconds ?? 0) * 1000,
      door: doors[name],
    })
  }
  return addresses
}

async function listenAdmin(
  config: GatepostConfig,
  parts: {
    readonly filter: ConnectionFilter
    readonly gate: Gate
    readonly simulation: (() => Promise<Simulation>) | undefined
    readonly metrics: Metrics
    readonly store: SqliteStore
    readonly domains: KnownDomains
    readonly resources: AsyncDisposableStack
  },
): Promise<AddressInfo> {
  const admin = createAdminApi({
    ...parts,
    hostRules: hostRulesOf(config, parts.domains),
    storeHealth: () => parts.store.health(),
    clientAddresses: () => parts.gate.clientAddresses(),
  })
  parts.resources.defer(() => admin.close())
  await admin.listen(splitListenAddress(config.listen.admin.address))
  return admin.server.address() as AddressInfo
}

function hostsOf({ outbound }: GatepostConfig): MailHostFinder {
  if (outbound.relay === undefined) {
    const reach = reachOf({ privateNetworks: networksOf(outbound.private_networks) })
    return new DnsMailHostFinder({ random: Math.random, reach })
  }
  const { host, port } = splitListenAddress(outbound.relay)
  const { relay_user: user, relay_password_file: file } = outbound
  return relayFinder({
    host,
    port,
    isImplicitTls: port === 465,
    ...(user === undefined || file === undefined
      ? {}
      : { credentials: { user, password: readSecret(file) } }),
  })
}

function networksOf(texts: readonly string[]): IpNetwork[] {
  return texts.map((text) => parseNetwork(text)).filter((network) => network !== undefined)
}
