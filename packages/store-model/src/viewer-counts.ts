import { isUnread, withOtherSeen } from './keywords.ts'

/** A thread in a mailbox, of which the owner's unread emails were and are so many. */
export interface CountedThread {
  readonly before: number
  readonly after: number
  /** How many more are unread for a viewer than for the owner: those who have as many are left out. */
  readonly differences: ReadonlyMap<number, number>
}

/** For these viewers so many more are unread than for the owner. */
export interface ViewerStep {
  readonly viewers: Iterable<number>
  readonly step: number
}

export interface ViewerChange {
  readonly viewer: number
  /** In the thread, from now on. */
  readonly difference: number
  /** What is added to the differences of the mailbox's counters. */
  readonly unreadEmails: number
  readonly unreadThreads: number
}

/** What becomes of the counters of viewers, which are kept as differences to the owner's. Viewers for whom nothing changes are left out. */
export function viewerChanges(
  { before, after, differences }: CountedThread,
  { viewers, step }: ViewerStep,
): ViewerChange[] {
  const stepping = new Set(step === 0 ? [] : viewers)
  const changes: ViewerChange[] = []
  for (const viewer of new Set([...differences.keys(), ...stepping])) {
    const had = differences.get(viewer) ?? 0
    const unreadEmails = stepping.has(viewer) ? step : 0
    const difference = had + unreadEmails
    const unreadThreads = threadDifference(after, difference) - threadDifference(before, had)
    if (unreadEmails !== 0 || unreadThreads !== 0)
      changes.push({ viewer, difference, unreadEmails, unreadThreads })
  }
  return changes
}

function threadDifference(unread: number, difference: number): number {
  return Number(unread + difference > 0) - Number(unread > 0)
}

/** What an email adds to the unread of a viewer who has `$seen` unlike the owner. */
export function differenceOfUnlike(packed: string): number {
  return Number(isUnread(withOtherSeen(packed))) - Number(isUnread(packed))
}
