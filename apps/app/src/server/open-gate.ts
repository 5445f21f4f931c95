import {
  defaultRemedies,
  Gate,
  remediesOf,
  type GateOptions,
  type ListenerRemedies,
} from '@gatepost/gate'

import type { GatepostConfig } from '../config/schema.ts'
import { exemptNetworks } from './crowdsec-filter-of.ts'

/** The gate as configured. */
export function openGate(
  config: GatepostConfig,
  parts: Omit<GateOptions, 'remedies' | 'limits' | 'greetedAtOnce'>,
): Gate {
  const { listen, limits, remediation } = config
  const remedies = new Map<string, ListenerRemedies>(
    Object.entries(listen).map(([name, one]) => [name, remediesOf(remediation, one)]),
  )
  return new Gate({
    ...parts,
    remedies: (listener) => remedies.get(listener) ?? defaultRemedies,
    greetedAtOnce: exemptNetworks(config),
    mayReturn: remediation.known_senders === 'later',
    limits: {
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connections_per_address,
      maxConnectionsPerAccount: limits.connections_per_account,
      tarpitMs: remediation.tarpit_seconds * 1000,
      maxTarpitted: remediation.tarpit_connections,
      slowMs: remediation.slow_seconds * 1000,
    },
  })
}
