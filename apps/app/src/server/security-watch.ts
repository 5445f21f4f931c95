import type { Clock } from '@gatepost/core'
import { AttackReporter, MachineClient, watchSecurityLines } from '@gatepost/security-crowdsec'
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
    destination: watchSecurityLines(log, (line) => reporter?.note(line)),
    reportTo: (one) => {
      reporter = one
    },
  }
}

/** Undefined where nothing is to be reported. @throws ConfigError for a password file that can not be read */
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
  const { report, timeout_seconds: seconds } = config.crowdsec
  const { enabled, events, machine_id: machineId, machine_password_file: file } = report
  if (!enabled || lapi === undefined || machineId === undefined || file === undefined)
    return undefined
  const client = parts.resources.use(
    new MachineClient({
      url: lapi.url,
      ...(lapi.tls?.ca === undefined ? {} : { tls: { ca: lapi.tls.ca } }),
      machineId,
      password: readSecret(file),
      timeoutMs: seconds * 1000,
      version: parts.version,
    }),
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
