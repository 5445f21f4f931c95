import type { ConnectionFilter } from './connection-filter.ts'
import { noUsage } from './usage/filter-usage.ts'

/** The filter of a server without CrowdSec: everybody comes in. */
export const openFilter: ConnectionFilter = {
  check: () => ({ kind: 'allow' }),
  checkUser: () => ({ kind: 'allow' }),
  noteAuthFailure: () => undefined,
  noteStrongLogin: () => undefined,
  onChange: () => () => undefined,
  decisions: () => [],
  decisionPages: () => [],
  status: () => ({ state: 'off', decisions: 0, lastSuccessAt: null, ageMs: null, lastError: null }),
  usage: noUsage,
}
