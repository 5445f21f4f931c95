import type { ModSeq, RecordChanges } from '@gatepost/core'

import { modSeq } from './ids.ts'

/** Something that happened to a record, at a modseq of its own. `updated`: nothing else has happened to it since the state that is asked about. */
export interface RecordEvent {
  readonly at: number
  readonly id: string
  readonly what: 'created' | 'updated' | 'destroyed'
}

/**
 * What the first `limit` events come to for one who knows the state before them. `events`: those since that state, in their order, one more than the limit
 * when there are more. `current` is the state of the account.
 */
export function recordChanges(
  events: readonly RecordEvent[],
  limit: number,
  current: ModSeq,
): RecordChanges {
  const listed = events.slice(0, limit)
  const hasMore = events.length > listed.length
  const ends = new Map<string, { readonly first: RecordEvent; readonly last: RecordEvent }>()
  for (const event of listed)
    ends.set(event.id, { first: ends.get(event.id)?.first ?? event, last: event })
  const changes = { created: [] as string[], updated: [] as string[], destroyed: [] as string[] }
  for (const [id, { first, last }] of ends) {
    const wasThere = first.what !== 'created'
    const isThere = last.what !== 'destroyed'
    if (isThere) changes[wasThere ? 'updated' : 'created'].push(id)
    else if (wasThere) changes.destroyed.push(id)
  }
  return { ...changes, newState: hasMore ? modSeq(listed.at(-1)?.at ?? current) : current, hasMore }
}
