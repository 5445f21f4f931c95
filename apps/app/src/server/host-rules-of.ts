import { ownNames, type HttpHostRules } from '@gatepost/gate'

import type { GatepostConfig } from '../config/schema.ts'

/** Which hosts the HTTP listeners are, the admin's among them, and whose pages may use JMAP. */
export function hostRulesOf(config: GatepostConfig): HttpHostRules {
  return {
    isOwnName: ownNames({ ...config, more: config.http.hosts }),
    crossOrigins: config.http.cross_origins,
  }
}
