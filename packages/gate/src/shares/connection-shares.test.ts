import { parseIp, type IpAddress } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { ConnectionShares, type Guest, type Place } from './connection-shares.ts'

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}
function guest(address: string, more: Partial<Guest> = {}): Guest {
  return { listener: 'mx', address: ip(address), known: undefined, isProxy: false, ...more }
}
function shares(): ConnectionShares {
  return new ConnectionShares({ maxConnections: 8192, maxConnectionsPerAddress: 128 })
}
/** Comes as often as it is let in. */
function fill(of: ConnectionShares, comer: Guest, tries = 10_000): Place[] {
  const places: Place[] = []
  while (places.length < tries && of.refusal(comer) === undefined) places.push(of.enter(comer))
  return places
}

describe('64 addresses with 128 silent connections each', () => {
  const crowded = shares()
  const each = Array.from({ length: 64 }, (_, at) => fill(crowded, guest(`10.${at}.0.1`)).length)

  it('get what they may have while there is room, and less and less of a listener after that', () => {
    expect(each[0]).toBe(128)
    expect(crowded.isUnderStress('mx')).toBe(true)
    expect(each[63]).toBeLessThan(20)
    for (let at = 0; at < 100; at += 1) fill(crowded, guest(`11.${at}.0.1`))
    expect(crowded.refusal(guest('10.99.0.1'))).toEqual({ kind: 'per_listener', open: 4096 })
  })

  it('leave every other listener to strangers, whose patience is not shortened there yet', () => {
    expect(crowded.refusal(guest('10.99.0.1', { listener: 'imaps' }))).toBeUndefined()
    const others = Array.from({ length: 600 }, (_, at) =>
      guest(`12.${at % 250}.${Math.floor(at / 250)}.1`, { listener: 'imaps' }),
    )
    const counts = others.map((other) => fill(crowded, other).length)
    expect(counts[0]).toBeGreaterThan(50)
    expect(Math.min(...counts)).toBe(0)
    expect(crowded.refusal(guest('10.99.0.9', { listener: 'https' }))?.kind).toBe('server')
  })

  it('leave a quarter to those who are known', () => {
    const known = Array.from({ length: 4 }, (_, at) =>
      fill(crowded, guest(`192.0.${at}.1`, { known: 'login' })),
    )
    expect(known.map(({ length }) => length)).toEqual([512, 512, 512, 512])
    expect(crowded.refusal(guest('192.0.9.1', { known: 'login' }))?.kind).toBe('per_listener')
  })
})

it('a crowd on one listener is stress there: 32 silent addresses shut the MX to every server that is not known', () => {
  const of = shares()
  for (let at = 0; at < 17; at += 1) fill(of, guest(`10.${at}.0.1`))
  expect(of.isUnderStress('mx')).toBe(true)
  expect(of.isUnderStress('imaps')).toBe(false)
})

it('one IPv6 /64 has one share, and a /48 an eighth, with as many addresses as it likes', () => {
  const of = shares()
  const subnet = Array.from({ length: 82 }, (_, at) => fill(of, guest(`2001:db8::${at + 1}`), 100))
  expect(subnet.flat()).toHaveLength(128)
  expect(of.refusal(guest('2001:db8::ffff'))).toEqual({ kind: 'per_address', open: 128 })
  const site = Array.from({ length: 20 }, (_, at) => fill(of, guest(`2001:db8:0:${at + 1}::1`)))
  expect(site.flat()).toHaveLength(1024 - 128)
  expect(of.refusal(guest('2001:db8:0:99::1'))).toEqual({ kind: 'per_network', open: 1024 })
  expect(of.refusal(guest('2001:db8:1::1'))).toBeUndefined()
})

it('one /24 has an eighth', () => {
  const of = shares()
  const all = Array.from({ length: 20 }, (_, at) => fill(of, guest(`192.0.2.${at}`)))
  expect(all.flat()).toHaveLength(1024)
  expect(of.refusal(guest('192.0.2.77'))).toEqual({ kind: 'per_network', open: 1024 })
  expect(of.refusal(guest('192.0.2.77', { known: 'login' }))).toBeUndefined()
})

it('a trusted proxy is not held to the share of one address', () => {
  const of = shares()
  const proxied = guest('10.0.0.7', { isProxy: true, listener: 'http' })
  expect(fill(of, proxied)).toHaveLength(4096)
})

it('every place is given back, once', () => {
  const of = shares()
  const places = fill(of, guest('192.0.2.1'))
  for (const place of places) {
    place.prove()
    place.leave()
    place.leave()
  }
  expect(of.openOf(ip('192.0.2.1'))).toBe(0)
  expect(fill(of, guest('192.0.2.1'))).toHaveLength(128)
})

it('whoever logs in is no stranger any more: a crowd that comes back after a restart shuts out nobody', () => {
  const of = shares()
  for (let at = 0; at < 6000; at += 1) {
    const comer = guest(`10.${at >> 8}.${at & 255}.1`, { listener: 'imaps' })
    expect(of.refusal(comer)).toBeUndefined()
    of.enter(comer).prove()
  }
  expect(of.isUnderStress('imaps')).toBe(false)
})

it('sources of good mail, which ten messages make, have an eighth together; what is beyond are strangers', () => {
  const of = shares()
  const counts = Array.from(
    { length: 16 },
    (_, network) => fill(of, guest(`10.0.${network}.1`, { known: 'mail' })).length,
  )
  expect(counts.slice(0, 2)).toEqual([512, 512])
  expect(Math.max(...counts.slice(2))).toBe(128)
  const known = fill(of, guest('192.0.2.1', { known: 'login' }))
  expect(known).toHaveLength(512)
})

it('sources that are known for logins have a quarter until they have logged in, and two eighths of a network', () => {
  const of = shares()
  const sources = Array.from({ length: 16 }, (_, at) => guest(`192.0.2.${at}`, { known: 'login' }))
  expect(sources.flatMap((one) => fill(of, one))).toHaveLength(2048)
  expect(of.refusal(guest('192.0.2.99', { known: 'login' }))?.kind).toBe('per_network')
  const elsewhere = guest('198.51.100.1', { known: 'login' })
  expect(of.refusal(elsewhere)).toBeUndefined()
  for (const place of fill(of, elsewhere, 10)) place.prove()
})
