import { expect, it } from 'vitest'

import { roomFor } from './mailbox-room.ts'

const account = { quota: { bytes: 1000, emails: 10 }, usedBytes: 900, usedEmails: 5 }

it.each([
  ['what fits to the byte', account, 100, 'room'],
  ['a byte too much', account, 101, 'full'],
  ['more than there ever was', account, 1001, 'never'],
  ['one mail too many', { ...account, usedEmails: 10 }, 1, 'full'],
  ['anything, without a quota', { ...account, quota: { bytes: 0, emails: 0 } }, 1e9, 'room'],
  ['anything, over a quota that was lowered', { ...account, usedBytes: 2000 }, 1, 'full'],
] as const)('for %s it is %#', (_name, of, bytes, room) => {
  expect(roomFor(of, bytes)).toBe(room)
})
