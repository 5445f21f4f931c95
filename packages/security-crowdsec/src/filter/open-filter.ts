import type { ConnectionFilter } from './connection-filter.ts'

/** The filter of a server without CrowdSec: everybody comes in. */
export const openFilter: ConnectionFilter = {
  check: () => ({ kind: 'allow' }),
  onChange: () => () => undefined,
  decisions: () => [],
  status: () => ({ state: 'off', decisions: 0, lastSuccessAt: null, lastError: null }),
}
