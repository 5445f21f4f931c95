import type { Clock } from '@gatepost/core'
import {
  AttackReporter,
  Heartbeat,
  MachineClient,
  watchSecurityLines,
} from '@gatepost/security-crowdsec'
import type { LogDestination, Logger } from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'
import type { GatepostConfig } from '../config/schema.ts'
import { neverBanned, type LapiAccess } from './crowdsec-filter-of.ts'

/** The security log, and what a reporter, once there is one, is to know of it. */
export interface WatchedLog {
  readonly destination: LogDestination
  reportTo(reporter: AttackReporter | undefined): void
}

export function watchSecurityLog(log: LogDestination): WatchedLog {
  let reporter: AttackReporter | undefined
  return {
    destination: watchSecurityLines(log, (line) => reporter?.note(line) ?? false),
    reportTo: (one) => {
      reporter = one
    },
  }
}

/** Undefined where nothing is to be reported. @throws ConfigError for a password file that cannot be read */
export function attackReporterOf(
  lapi: LapiAccess | undefined,
  config: GatepostConfig,
  parts: {
    readonly clock: Clock
    readonly logger: Logger
    readonly version: string
    readonly resources: AsyncDisposableStack
  },
): AttackReporter | undefined {
  const { enabled, events } = config.crowdsec.report
  const client = enabled && lapi !== undefined ? machineClientOf(lapi, config, parts) : undefined
  if (client === undefined) return undefined
  parts.resources.use(
    new Heartbeat({ beat: (signal) => client.heartbeat(signal), logger: parts.logger }),
  )
  return parts.resources.use(
    new AttackReporter({
      ...parts,
      post: (alerts, signal) => client.postAlerts(alerts, signal),
      events,
      neverBan: neverBanned(config),
    }),
  )
}

/** Undefined when no machine is configured. @throws ConfigError for a password file that cannot be read */
export function machineClientOf(
  lapi: LapiAccess,
  { crowdsec }: GatepostConfig,
  { version, resources }: { readonly version: string; readonly resources: AsyncDisposableStack },
): MachineClient | undefined {
  const { machine_id: machineId, machine_password_file: file, timeout_seconds: seconds } = crowdsec
  if (machineId === undefined || file === undefined) return undefined
  return resources.use(
    new MachineClient({
      url: lapi.url,
      ...(lapi.tls?.ca === undefined ? {} : { tls: { ca: lapi.tls.ca } }),
      machineId,
      password: readSecret(file),
      timeoutMs: seconds * 1000,
      version,
    }),
  )
}
