import type {
  AuthFailureLog,
  Decision,
  FilterAction,
  FilterUsage,
} from '@gatepost/security-crowdsec'

import type { HttpClient } from './http-client.ts'
import { httpProtocol } from './http-protocol.ts'

export interface RefusalListeners {
  readonly usage: FilterUsage
  readonly security: Pick<AuthFailureLog, 'blocked'>
}

/** On its own connection a client is told of once; a proxy's clients share theirs. */
export function tellRefused(
  { usage, security }: RefusalListeners,
  client: HttpClient,
  decision: Decision,
  action: FilterAction,
): void {
  if (!client.isProxied) {
    client.connection.refused(decision, action)
    return
  }
  security.blocked(client.security, { decision })
  usage.applied({ protocol: httpProtocol, family: client.address.family, action, decision })
}
