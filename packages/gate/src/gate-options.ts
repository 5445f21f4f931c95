import type { SecureContext } from 'node:tls'

import type { Clock, IpNetwork } from '@gatepost/core'
import type { AuthFailureLog, ConnectionFilter, StrongLogins } from '@gatepost/security-crowdsec'
import type { Logger, Metrics } from '@gatepost/telemetry'

import type { Door } from './gate-connection.ts'
import type { LoginWatch } from './login/login-watch.ts'
import type { ListenerRemedies } from './remedy/remedy.ts'

export interface GateLimits {
  readonly maxConnections: number
  /** Of one source: an IPv4 address, an IPv6 /64. */
  readonly maxConnectionsPerAddress: number
  /** Logged in, of one account, from wherever. */
  readonly maxConnectionsPerAccount: number
  readonly proxyHeaderMs: number
  readonly handshakeMs: number
  /** How long open sessions may take when the server stops. */
  readonly drainMs: number
  /** How long a tarpit holds a client, and how many at once. */
  readonly tarpitMs: number
  readonly maxTarpitted: number
  /** How long a client under `slow` waits before it is served. */
  readonly slowMs: number
  /** How many clients wait for a greeting at once. */
  readonly maxGreetingWaits: number
  /** How long a stranger may be silent while places are scarce, and how often that is looked at. */
  readonly stressPatienceMs: number
  readonly stressSweepMs: number
}
export const defaultGateLimits: GateLimits = {
  maxConnections: 8192,
  maxConnectionsPerAddress: 128,
  maxConnectionsPerAccount: 256,
  proxyHeaderMs: 5000,
  handshakeMs: 10_000,
  drainMs: 5000,
  tarpitMs: 30_000,
  maxTarpitted: 256,
  slowMs: 3000,
  maxGreetingWaits: 1024,
  stressPatienceMs: 10_000,
  stressSweepMs: 1000,
}

export interface GateOptions {
  readonly filter: ConnectionFilter
  /** What each listener does about a decision. Default: `defaultRemedies` for all. */
  readonly remedies?: (listener: string) => ListenerRemedies
  /** Where people have logged in, kept by somebody else. Left out: the gate's own, gone with it. */
  readonly logins?: StrongLogins
  /** Ends sessions whose login no longer counts. */
  readonly loginWatch?: LoginWatch
  /** Whether a ban tells sources of good mail to come later, where the protocol can. Default: true. */
  readonly mayReturn?: boolean
  readonly security: AuthFailureLog
  readonly logger: Logger
  readonly metrics: Metrics
  readonly secureContext: () => SecureContext
  /** Who may send PROXY headers; with a listener that has `isProxied` they must. */
  readonly trustedProxies: readonly IpNetwork[]
  /** Who never waits for a greeting. Default: nobody. */
  readonly greetedAtOnce?: readonly IpNetwork[]
  readonly limits?: Partial<GateLimits>
  readonly clock?: Clock
}

export interface ListenOptions {
  readonly name: string
  readonly host: string
  /** 0: chosen by the system. */
  readonly port: number
  readonly isImplicitTls: boolean
  readonly isProxied: boolean
  /** How long a client that is not known yet waits for the greeting. Only where the server speaks first, and without TLS. Default: 0, not at all. */
  readonly greetingWaitMs?: number
  /** Places of its own: see `Listener`. */
  readonly places?: number | undefined
  readonly door: Door
}
