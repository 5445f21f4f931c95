import type { KnownDomains } from '@gatepost/core'
import { ownNames, splitListenAddress, type HttpHostRules } from '@gatepost/gate'

import { listenerNamed } from '../config/listeners.ts'
import type { GatepostConfig } from '../config/schema.ts'

/** Which hosts the HTTP listeners are, the admin's among them, and whose pages may use JMAP. */
export function hostRulesOf(
  config: GatepostConfig,
  domains: Pick<KnownDomains, 'has'>,
): HttpHostRules {
  const { http } = config
  // A name that is listened on is asked for: by `gatepost crowdsec`, for one.
  const listening = ['admin', 'http', 'https'].map(
    (name) => splitListenAddress(listenerNamed(config, name).address).host,
  )
  return {
    isOwnName: ownNames({
      hostname: config.hostname,
      isDomain: (name) => domains.has(name),
      more: [...http.hosts, ...listening],
    }),
    crossOrigins: http.cross_origins,
  }
}
