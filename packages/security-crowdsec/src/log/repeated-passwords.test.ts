import { expect, it } from 'vitest'

import { RepeatedPasswords } from './repeated-passwords.ts'

const day = 86_400_000

it('a password is a repetition for a day after its last time, for the same source and account alone', () => {
  let now = 0
  const repeated = new RepeatedPasswords({ now: () => 0, monotonic: () => now })
  expect(repeated.isAgain('192.0.2.1', 'me', 'aaaa')).toBe(false)
  expect(repeated.isAgain('192.0.2.1', 'me', 'aaaa')).toBe(true)
  expect(repeated.isAgain('192.0.2.1', 'me', 'bbbb')).toBe(false)
  expect(repeated.isAgain('192.0.2.1', 'you', 'aaaa')).toBe(false)
  expect(repeated.isAgain('192.0.2.2', 'me', 'aaaa')).toBe(false)
  now += day - 1
  expect(repeated.isAgain('192.0.2.1', 'me', 'aaaa')).toBe(true)
  now += day
  expect(repeated.isAgain('192.0.2.1', 'me', 'aaaa')).toBe(false)
})

it('keeps so many and no more', () => {
  const repeated = new RepeatedPasswords({ now: () => 0, monotonic: () => 0 })
  repeated.isAgain('first', 'me', 'aaaa')
  for (let count = 0; count < 16_384; count += 1) repeated.isAgain(`${count}`, 'me', 'aaaa')
  expect(repeated.isAgain('first', 'me', 'aaaa')).toBe(false)
})
