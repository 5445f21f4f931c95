import { type PreparedMessage } from '@gatepost/store-model'

import { renewIndex } from './blobs.ts'
import type { JobContext } from './job-context.ts'
import type { WriterJob } from './protocol.ts'

/** Writes what was read anew of these blobs; one that has gone meanwhile is none of them any more. */
export function renewIndexes(
  { sql }: JobContext,
  { blobs }: Extract<WriterJob, { kind: 'renewIndexes' }>,
  messages: readonly (PreparedMessage | undefined)[],
): null {
  for (const [at, { id }] of blobs.entries()) {
    const message = messages[at]
    const isStale = sql.run('DELETE FROM stale_index WHERE blob_id = ?', id) > 0
    if (isStale && message !== undefined) renewIndex(sql, id, message)
  }
  return null
}
