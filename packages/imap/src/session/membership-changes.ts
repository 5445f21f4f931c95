import { setImmediate } from 'node:timers/promises'

import {
  CANNOT_CALCULATE_CHANGES,
  type CannotCalculateChanges,
  type MailboxId,
  type MailReader,
  type MembershipChanges,
  type ModSeq,
  type Uid,
} from '@gatepost/core'

/** Read in one turn of the event loop: some 5 ms. */
const pageSize = 2_000

/** All that has changed in a mailbox, each list ascending. By pages, so that many changes hold nobody up. */
export async function membershipChanges(
  { changes }: MailReader,
  mailbox: MailboxId,
  since: ModSeq,
): Promise<Omit<MembershipChanges, 'next'> | CannotCalculateChanges> {
  const changedUids: Uid[] = []
  const expungedUids: Uid[] = []
  for (let from = since; ;) {
    const page = await changes.memberships(mailbox, since, { from, limit: pageSize })
    if (page === CANNOT_CALCULATE_CHANGES) return page
    for (const uid of page.changedUids) changedUids.push(uid)
    for (const uid of page.expungedUids) expungedUids.push(uid)
    if (page.next === undefined) break
    from = page.next
    await setImmediate()
  }
  return {
    changedUids: changedUids.toSorted(ascending),
    expungedUids: expungedUids.toSorted(ascending),
  }
}

function ascending(a: number, b: number): number {
  return a - b
}
