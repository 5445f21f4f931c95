import type { FilterStatus } from './connection-filter.ts'

/** What a listener does while decisions cannot be fetched. */
export type FailurePolicy =
  /** What is known holds to its own end; everybody else comes in. */
  | { readonly kind: 'open' }
  /** Nobody comes in while the filter is down. */
  | { readonly kind: 'closed' }
  /** As open, until what is known is older than this; then as closed. */
  | { readonly kind: 'last_known'; readonly maxAgeMs: number }

/** Whether a client without a decision may come in now. A server without CrowdSec has nothing that could fail. */
export function mayAdmit(status: FilterStatus, policy: FailurePolicy): boolean {
  if (status.state === 'off' || policy.kind === 'open') return true
  if (policy.kind === 'closed') return status.state === 'healthy' || status.state === 'stale'
  return status.ageMs !== null && status.ageMs <= policy.maxAgeMs
}
