import { join } from 'node:path'

import { Authenticator, Logins } from '@gatepost/auth'
import {
  type Clock,
  type Directory,
  type IpNetwork,
  type KnownDomains,
  type MailIntake,
  MemoryPool,
} from '@gatepost/core'
import type { Door, Gate, LoginWatch } from '@gatepost/gate'
import { createHttpDoor, type HttpDoorOptions } from '@gatepost/http'
import { createImapDoor } from '@gatepost/imap'
import { createJmapModule } from '@gatepost/jmap'
import {
  installationKeyIn,
  type AuthFailureLog,
  type ConnectionFilter,
} from '@gatepost/security-crowdsec'
import { createMxDoor, createSubmissionDoor } from '@gatepost/smtp'
import { openSpool } from '@gatepost/spool'
import type { SqliteStore } from '@gatepost/store-sqlite'
import type { Logger, Metrics } from '@gatepost/telemetry'

import type { GatepostConfig } from '../config/schema.ts'
import { createAdminModule, type AdminOptions } from './admin-module.ts'
import { detectionOf } from './detection-of.ts'
import { hostRulesOf } from './host-rules-of.ts'
import { autoconfigOf } from './mail-services-of.ts'

/** By the name of their listener. */
export type Doors = ReadonlyMap<string, Door>

export interface DoorParts {
  readonly store: SqliteStore
  readonly directory: Directory
  readonly domains: Pick<KnownDomains, 'has'>
  readonly intake: MailIntake
  readonly gate: Gate
  readonly loginWatch: LoginWatch
  readonly filter: ConnectionFilter
  readonly admin: AdminOptions
  readonly security: AuthFailureLog
  readonly trustedProxies: readonly IpNetwork[]
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly version: string
}

/** The protocols, each with the ports that it needs. */
export async function openDoors(config: GatepostConfig, parts: DoorParts): Promise<Doors> {
  const { store, gate, security, clock } = parts
  const { directory } = parts
  const { fingerprint, bursts, traps } = detectionOf(config, security, clock)
  const mail = {
    ...parts,
    store: store.mail,
    changes: store.changes,
    logins: new Logins({
      ...gate.loginPorts,
      authenticator: new Authenticator({
        directory,
        clock,
        fingerprint,
        scramSaltKey: config.auth.scram
          ? installationKeyIn(join(config.data, 'scram-salt-key'))
          : undefined,
      }),
    }),
    bursts,
    sources: gate.known,
    traps,
    adminAddress: config.admin.address,
    fallbackAccount: async () => (await directory.firstAccount())?.address,
    hostname: config.hostname,
    memory: new MemoryPool(config.limits.memory_bytes),
    spool: await openSpool({
      folder: join(config.data, 'spool'),
      maxBytes: config.limits.spool_bytes,
      maxMessageBytes: config.limits.message_bytes,
    }),
    postmasterDomain: config.domains[0] ?? config.hostname,
    limits: {
      maxMessageBytes: config.limits.message_bytes,
      slowMs: config.remediation.slow_seconds * 1000,
    },
  }
  const web: Omit<HttpDoorOptions, 'modules'> = {
    ...mail,
    judge: gate.judge,
    proxies: { networks: parts.trustedProxies, header: config.proxy.header },
    loginWatch: parts.loginWatch,
    knownFor: (address) => gate.known.knownFor(address),
    countRequest: (client, context) => gate.countRequest(client, context),
    onUnlistedProxy: (peer) => gate.sawUnlistedProxy(peer),
    connectionOf: (socket) => gate.connectionOf(socket),
    hostRules: hostRulesOf(config, parts.domains),
  }
  const http = await createHttpDoor({
    ...web,
    modules: [createJmapModule({ ...mail, judge: gate.judge }), ...autoconfigOf(config, parts)],
  })
  const admin = await createHttpDoor({
    ...web,
    modules: [createAdminModule(parts.admin)],
    // No page of another site has anything to do there.
    hostRules: { ...web.hostRules, crossOrigins: [] },
  })
  const imap = createImapDoor(mail)
  return new Map<string, Door>([
    ['mx', createMxDoor(mail)],
    ['submission', createSubmissionDoor({ ...mail, isImplicitTls: false })],
    ['submissions', createSubmissionDoor({ ...mail, isImplicitTls: true })],
    ['imap', imap],
    ['imaps', imap],
    ['http', http],
    ['https', http],
    ['admin', admin],
  ])
}
