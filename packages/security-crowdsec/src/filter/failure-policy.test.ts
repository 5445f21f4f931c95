import { expect, it } from 'vitest'

import type { FilterStatus } from './connection-filter.ts'
import { mayAdmit, type FailurePolicy } from './failure-policy.ts'

const policies: Readonly<Record<string, FailurePolicy>> = {
  open: { kind: 'open' },
  closed: { kind: 'closed' },
  'last known': { kind: 'last_known', maxAgeMs: 1000 },
}

it.each<[FilterStatus['state'], number | null, string[]]>([
  ['off', null, ['open', 'closed', 'last known']],
  ['starting', null, ['open']],
  ['starting', 500, ['open', 'last known']],
  ['healthy', 10, ['open', 'closed', 'last known']],
  ['stale', 900, ['open', 'closed', 'last known']],
  ['stale', 1001, ['open', 'closed']],
  ['down', 900, ['open', 'last known']],
  ['down', 1001, ['open']],
  ['down', null, ['open']],
])('%s for %s ms lets strangers in where the policy is %j', (state, ageMs, expected) => {
  const status = { state, ageMs, decisions: 0, lastSuccessAt: null, lastError: null }
  const open = Object.entries(policies).filter(([, policy]) => mayAdmit(status, policy))
  expect(open.map(([name]) => name)).toEqual(expected)
})
