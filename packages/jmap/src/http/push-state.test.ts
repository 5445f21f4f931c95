import type { AccountId, ModSeq } from '@gatepost/core'
import { expect, it } from 'vitest'

import { readPushState, writePushState } from './push-state.ts'

const [own, other] = ['a1', 'a22'] as AccountId[] as [AccountId, AccountId]

it('a push state has the states of all accounts, and is read again', () => {
  const told = new Map([
    [other, 9 as ModSeq],
    [own, 17 as ModSeq],
  ])
  expect(writePushState(own, told)).toBe('17,a22=9')
  expect(readPushState(own, '17,a22=9')).toEqual(told)
  expect(readPushState(own, '17')).toEqual(new Map([[own, 17]]))
})

it.each(['', 'aaa', '-1', '1.5', '1,', '1,a22', '1,a22=', '1,a22=x', '01'])(
  '%j is none',
  (text) => {
    expect(readPushState(own, text)).toBeUndefined()
  },
)
