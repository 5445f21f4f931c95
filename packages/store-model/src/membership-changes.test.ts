import { expect, it } from 'vitest'

import { eventsOfPage, membershipChanges, type MembershipEvent } from './membership-changes.ts'

const event = (at: number, uid: number, isGone = false): MembershipEvent => ({ at, uid, isGone })

it('a page has its UIDs in order, and says where the next one begins', () => {
  const events = [event(1, 9), event(2, 3), event(4, 5, true), event(5, 4, true)]
  expect(membershipChanges(events, 3)).toEqual({ changedUids: [3, 9], expungedUids: [5], next: 4 })
  expect(membershipChanges(events, 4)).toEqual({
    changedUids: [3, 9],
    expungedUids: [4, 5],
    next: undefined,
  })
})

it('a page does not end within a modseq, which a move within a mailbox has twice', () => {
  const events = [event(1, 1), event(2, 1, true), event(2, 2)]
  expect(membershipChanges(events, 2)).toEqual({ changedUids: [1], expungedUids: [], next: 1 })
  // A page of one would never end.
  expect(eventsOfPage(1)).toBe(3)
  expect(membershipChanges([event(2, 1, true), event(2, 2), event(3, 1)], 1)).toEqual({
    changedUids: [2],
    expungedUids: [1],
    next: 2,
  })
})
