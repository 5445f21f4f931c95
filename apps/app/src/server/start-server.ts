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
import { SecurityEventLog, type ConnectionFilter } from '@gatepost/security-crowdsec'
import { openStore, type SqliteStore } from '@gatepost/store-sqlite'
import {
  createLogger,
  PrometheusMetrics,
  type LogDestination,
  type Metrics,
} from '@gatepost/telemetry'

import { listenerNamed, listeners } from '../config/listeners.ts'
import { readSecret } from '../config/read-config.ts'
import type { GatepostConfig } from '../config/schema.ts'
import { loadCertificate, type LoadedCertificate } from '../first-run/certificate.ts'
import { AdminLogin } from './admin-login.ts'
import { adminTokenIn } from './admin-token.ts'
import { configuredLapi, openConnectionFilter, type LapiAccess } from './crowdsec-filter-of.ts'
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
  /** By the name of the listener; of those that are on. */
  readonly addresses: ReadonlyMap<string, AddressInfo>
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
    admin: {
      ...opened,
      metrics,
      storeHealth: () => store.health(),
      clientAddresses: () => gate.clientAddresses(),
      login: new AdminLogin({
        token: adminTokenIn(config.data),
        trustsThisMachine: config.admin.login === 'elsewhere',
      }),
    },
  })
  const addresses = await listenAll(config, gate, doors)
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
): Promise<ReadonlyMap<string, AddressInfo>> {
  const addresses = new Map<string, AddressInfo>()
  for (const { name, isImplicitTls = false, places } of listeners) {
    const listener = listenerNamed(config, name)
    const door = doors.get(name)
    if (!listener.enabled) continue
    if (door === undefined) throw new Error(`nothing is behind the listener ${name}`)
    const address = await gate.listen({
      ...splitListenAddress(listener.address),
      name,
      isImplicitTls,
      isProxied: listener.proxy_protocol === true,
      greetingWaitMs: (listener.greeting_wait_seconds ?? 0) * 1000,
      places,
      door,
    })
    addresses.set(name, address)
  }
  return addresses
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
