import { beforeEach, expect, it } from 'vitest'

import { WrongPasswords } from './wrong-passwords.ts'

const user = 'me@example.test'
let now: number
let wrong: WrongPasswords

beforeEach(() => {
  now = 0
  wrong = new WrongPasswords({ now: () => 0, monotonic: () => now })
})

function guess(ip: string, times: number, from = 0): void {
  for (let count = from; count < from + times; count += 1)
    wrong.add(ip, user, count.toString(16).padStart(8, '0'))
}

it('counts the different passwords of one address at one account', () => {
  guess('192.0.2.1', 3)
  guess('192.0.2.1', 2)
  guess('192.0.2.2', 1)
  wrong.add('192.0.2.1', 'you@example.test', '00000000')
  expect(wrong.take('192.0.2.1', user)).toBe(3)
  expect(wrong.take('192.0.2.2', user)).toBe(1)
  expect(wrong.take('192.0.2.1', 'you@example.test')).toBe(1)
  expect(wrong.take('192.0.2.3', user)).toBe(0)
})

it('begins anew after a success', () => {
  guess('192.0.2.1', 3)
  wrong.take('192.0.2.1', user)
  guess('192.0.2.1', 1)
  expect(wrong.take('192.0.2.1', user)).toBe(1)
})

it('forgets whoever does not try for an hour, not whoever tries every half hour', () => {
  guess('192.0.2.1', 1)
  guess('192.0.2.2', 1)
  now = 1_800_000
  guess('192.0.2.1', 1, 1)
  now = 3_600_000
  expect(wrong.take('192.0.2.1', user)).toBe(2)
  expect(wrong.take('192.0.2.2', user)).toBe(0)
})

it('counts to sixteen, and keeps the 4,096 that tried last', () => {
  guess('192.0.2.1', 100)
  for (let count = 0; count < 4095; count += 1) guess(`2001:db8::${count.toString(16)}`, 1)
  guess('192.0.2.1', 1)
  expect(wrong.take('192.0.2.1', user)).toBe(16)
  for (let count = 4095; count < 4098; count += 1) guess(`2001:db8::${count.toString(16)}`, 1)
  expect(wrong.take('2001:db8::1', user)).toBe(0)
  expect(wrong.take('2001:db8::2', user)).toBe(1)
})
