import type { DatabaseSync } from 'node:sqlite'

import { normaliseDomain, systemClock, type Clock } from '@gatepost/core'

/** The list of the configuration as rows: what is not there yet is added, and nothing is written when there is nothing to add. */
export function addMissingDomains(
  db: DatabaseSync,
  {
    localDomains,
    clock = systemClock,
  }: { readonly localDomains: readonly string[]; readonly clock?: Clock | undefined },
): void {
  const names = JSON.stringify(localDomains.map((domain) => normaliseDomain(domain) ?? domain))
  const missing = db
    .prepare(
      'SELECT 1 FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM domain WHERE name = value) LIMIT 1',
    )
    .get(names)
  if (missing === undefined) return
  db.prepare(
    'INSERT OR IGNORE INTO domain (name, created_at) SELECT value, ? FROM json_each(?)',
  ).run(clock.now(), names)
}
