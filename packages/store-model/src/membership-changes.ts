import type { MembershipChanges } from '@gatepost/core'

import { modSeq, uid } from './ids.ts'

/** What became of a UID at a modseq. At one modseq a mailbox can lose one and get another: a move within it. */
export interface MembershipEvent {
  readonly at: number
  readonly uid: number
  readonly isGone: boolean
}

/** How many events are to be read for a page of so many: one more shows whether there are more. */
export function eventsOfPage(limit: number): number {
  return pageSize(limit) + 1
}

/** A page of the events in their order. It ends between two modseqs. */
export function membershipChanges(
  events: readonly MembershipEvent[],
  limit: number,
): MembershipChanges {
  const behind = events[pageSize(limit)]
  const listed = behind === undefined ? events : events.filter(({ at }) => at < behind.at)
  const uidsOf = (isGone: boolean) =>
    listed
      .flatMap((event) => (event.isGone === isGone ? event.uid : []))
      .toSorted((a, b) => a - b)
      .map(uid)
  return {
    changedUids: uidsOf(false),
    expungedUids: uidsOf(true),
    next: behind === undefined ? undefined : modSeq(listed.at(-1)?.at ?? behind.at),
  }
}

function pageSize(limit: number): number {
  return Math.max(2, Math.floor(limit))
}
