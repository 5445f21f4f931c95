import { parseIp, type IpAddress } from '@gatepost/core'
import { expect, it } from 'vitest'

import { KnownClients } from './known-clients.ts'

const day = 86_400_000
const time = { now: 0 }
const clock = { now: () => time.now, monotonic: () => time.now }

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}
function times(count: number, act: () => void): void {
  for (let done = 0; done < count; done += 1) act()
}

it('a login speaks for its address for 30 days', () => {
  const known = new KnownClients(clock)
  known.loggedIn('me@example.test', ip('192.0.2.1'))
  time.now += 30 * day - 1
  expect(known.knownFor(ip('192.0.2.1'))).toBe('login')
  expect(known.knownFor(ip('192.0.2.2'))).toBeUndefined()
  time.now += 1
  expect(known.knownFor(ip('192.0.2.1'))).toBeUndefined()
})

it('of IPv6 it is the /64 that is known', () => {
  const known = new KnownClients(clock)
  known.loggedIn('me@example.test', ip('2001:db8::1'))
  expect(known.knownFor(ip('2001:db8::2:1'))).toBe('login')
  expect(known.knownFor(ip('2001:db8:0:1::1'))).toBeUndefined()
})

it('a provider is judged by the share of what it sends, not by the number', () => {
  const known = new KnownClients(clock)
  times(9, () => known.delivered('192.0.2.1'))
  expect(known.knownFor(ip('192.0.2.1'))).toBeUndefined()
  times(91, () => known.delivered('192.0.2.1'))
  times(11, () => known.offended('192.0.2.1'))
  expect(known.knownFor(ip('192.0.2.1'))).toBe('mail')
  known.offended('192.0.2.1')
  expect(known.knownFor(ip('192.0.2.1'))).toBeUndefined()
})

it('offences alone make nobody known, and are kept of nobody who never sent good mail', () => {
  const known = new KnownClients(clock)
  times(1000, () => known.offended('192.0.2.1'))
  times(10, () => known.delivered('192.0.2.1'))
  expect(known.knownFor(ip('192.0.2.1'))).toBe('mail')
})

it('good mail of long ago speaks for nobody', () => {
  const known = new KnownClients(clock)
  times(19, () => known.delivered('192.0.2.1'))
  time.now += 7 * day
  expect(known.knownFor(ip('192.0.2.1'))).toBeUndefined()
})

it('strangers do not push out who is known', () => {
  const known = new KnownClients(clock)
  known.loggedIn('me@example.test', ip('192.0.2.1'))
  times(10, () => known.delivered('192.0.2.2'))
  for (let host = 0; host < 100_000; host += 1)
    known.offended(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`)
  expect(known.knownFor(ip('192.0.2.1'))).toBe('login')
  expect(known.knownFor(ip('192.0.2.2'))).toBe('mail')
})
