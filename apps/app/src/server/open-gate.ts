import {
  defaultRemedies,
  Gate,
  remediesOf,
  type GateOptions,
  type ListenerRemedies,
} from '@gatepost/gate'

import { listenerNames, type GatepostConfig } from '../config/schema.ts'

/** The gate as configured. */
export function openGate(
  { listen, limits, remediation }: GatepostConfig,
  parts: Omit<GateOptions, 'remedies' | 'limits'>,
): Gate {
  const remedies = new Map<string, ListenerRemedies>(
    listenerNames.map((name) => [name, remediesOf(remediation, listen[name])]),
  )
  return new Gate({
    ...parts,
    remedies: (listener) => remedies.get(listener) ?? defaultRemedies,
    limits: {
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connections_per_address,
      tarpitMs: remediation.tarpit_seconds * 1000,
      maxTarpitted: remediation.tarpit_connections,
      slowMs: remediation.slow_seconds * 1000,
    },
  })
}
