import { expect, it } from 'vitest'

import type { AccountId, MailboxId, PrincipalId } from '../ids.ts'
import type { Access, Right } from '../model/access.ts'
import { allRights, may, rightsOn } from './rights-on.ts'

const [mine, theirs, foreign] = ['a1', 'a2', 'a3'] as AccountId[] as [
  AccountId,
  AccountId,
  AccountId,
]
const [list, other] = ['m1', 'm2'] as MailboxId[] as [MailboxId, MailboxId]

const access: Access = {
  principal: { id: 'p1' as PrincipalId, name: 'me@example.test' },
  roles: new Set(),
  account: { id: mine, address: 'me@example.test' },
  shared: [
    {
      account: { id: theirs, address: 'you@example.test' },
      rights: new Set<Right>(['lookup', 'read']),
      mailboxes: new Map([[list, new Set<Right>(['insert'])]]),
    },
  ],
}

it('an own account has all rights, and one that nobody shares has none', () => {
  expect(rightsOn(access, mine)).toEqual(allRights)
  expect(rightsOn(access, mine, list)).toEqual(allRights)
  expect(rightsOn(access, foreign)).toEqual(new Set())
  expect(rightsOn(access, foreign, list)).toEqual(new Set())
})

it('rights on an account hold in each mailbox, and those on a mailbox are added there alone', () => {
  expect(rightsOn(access, theirs)).toEqual(new Set(['lookup', 'read']))
  expect(rightsOn(access, theirs, other)).toEqual(new Set(['lookup', 'read']))
  expect(rightsOn(access, theirs, list)).toEqual(new Set(['lookup', 'read', 'insert']))
  expect(may(access, 'insert', theirs, list)).toBe(true)
  expect(may(access, 'insert', theirs)).toBe(false)
  expect(may(access, 'insert', theirs, other)).toBe(false)
})
