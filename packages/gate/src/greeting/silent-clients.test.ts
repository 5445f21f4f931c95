import { parseIp, type IpAddress } from '@gatepost/core'
import { expect, it } from 'vitest'

import { SilentClients } from './silent-clients.ts'

const day = 86_400_000
let now = 0
const clock = { now: () => 0, monotonic: () => now }

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`"${text}" is no address`)
  return address
}

it('knows an address for a day', () => {
  now = 0
  const clients = new SilentClients(clock)
  clients.add(ip('192.0.2.1'))
  now = day - 1
  expect([clients.has(ip('192.0.2.1')), clients.has(ip('192.0.2.2'))]).toEqual([true, false])
  now = day
  expect(clients.has(ip('192.0.2.1'))).toBe(false)
})

it('knows IPv6 by its /64', () => {
  const clients = new SilentClients(clock)
  clients.add(ip('2001:db8:0:1::1'))
  expect(clients.has(ip('2001:db8:0:1:ffff::2'))).toBe(true)
  expect(clients.has(ip('2001:db8:0:2::1'))).toBe(false)
})

it('forgets the oldest when there are too many', () => {
  const clients = new SilentClients(clock)
  const all = Array.from({ length: 16_385 }, (_, count) => ip(`10.0.${count >> 8}.${count & 255}`))
  for (const address of all) clients.add(address)
  expect(all.filter((address) => !clients.has(address)).map(({ text }) => text)).toEqual([
    '10.0.0.0',
  ])
})
