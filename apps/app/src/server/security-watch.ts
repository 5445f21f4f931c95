import { parseIp, type Clock } from '@gatepost/core'
import {
  AttackReporter,
  MachineClient,
  watchSecurityLines,
  type ConnectionFilter,
  type SecurityLine,
} from '@gatepost/security-crowdsec'
import type { LogDestination, Logger } from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'
import type { GatepostConfig } from '../config/schema.ts'
import { neverBanned, type LapiAccess } from './crowdsec-filter-of.ts'

/** The security log, with those who want to know at once what is written to it. */
export interface WatchedLog {
  readonly destination: LogDestination
  /** From now on the filter is told of logins. */
  follow(filter: ConnectionFilter, reporter: AttackReporter | undefined): void
}

export function watchSecurityLog(log: LogDestination): WatchedLog {
  let filter: ConnectionFilter | undefined
  let reporter: AttackReporter | undefined
  const destination = watchSecurityLines(log, (line) => {
    if (filter !== undefined) tellOfLogin(filter, line)
    reporter?.note(line)
  })
  return {
    destination,
    follow: (one, other) => {
      filter = one
      reporter = other
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

function tellOfLogin(filter: ConnectionFilter, { event, ip, user, tls }: SecurityLine): void {
  if (event !== 'auth_failed' && event !== 'auth_success') return
  const address = parseIp(ip ?? '')
  if (address === undefined) return
  if (event === 'auth_failed') filter.noteAuthFailure(address)
  else if (tls === 'yes' && user !== undefined) filter.noteStrongLogin(user, address)
}
