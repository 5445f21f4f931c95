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
  const all = each.reduce((sum, count) => sum + count, 0)

  it('get what they may have while there is room, and have half of one listener in the end', () => {
    expect(each[0]).toBe(128)
    expect(all).toBe(4096)
    expect(crowded.refusal(guest('10.99.0.1'))).toEqual({ kind: 'per_listener', open: 4096 })
  })

  it('leave every other listener to strangers, each with less than before', () => {
    expect(crowded.isUnderStress).toBe(false)
    const others = Array.from({ length: 600 }, (_, at) =>
      guest(`10.${at % 250}.${100 + Math.floor(at / 250)}.1`, { listener: 'imaps' }),
    )
    const counts = others.map((other) => fill(crowded, other).length)
    expect(crowded.isUnderStress).toBe(true)
    expect(counts[0]).toBeGreaterThan(100)
    expect(counts[49]).toBeLessThan(10)
    expect(Math.min(...counts)).toBe(0)
    expect(crowded.refusal(guest('10.99.0.9', { listener: 'https' }))?.kind).toBe('server')
  })

  it('leave a quarter to those who are known', () => {
    const known = Array.from({ length: 4 }, (_, at) =>
      fill(crowded, guest(`192.0.2.${at}`, { known: 'login' })),
    )
    expect(known.map(({ length }) => length)).toEqual([512, 512, 512, 512])
  })
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
  expect(of.isUnderStress).toBe(false)
})

it('sources of good mail, which ten messages make, have no more of a network than strangers, and are in the way of nobody under stress', () => {
  const of = shares()
  const sent = Array.from({ length: 20 }, (_, at) =>
    fill(of, guest(`192.0.2.${at}`, { known: 'mail' })),
  )
  expect(sent.flat()).toHaveLength(1024)
  expect(of.refusal(guest('192.0.2.77', { known: 'mail' }))?.kind).toBe('per_network')
  for (let network = 1; network < 5; network += 1)
    for (let host = 0; host < 2; host += 1)
      fill(of, guest(`10.0.${network}.${host}`, { known: 'mail' }))
  expect(of.isUnderStress).toBe(true)
  expect(of.refusal(guest('198.51.100.1'))).toBeUndefined()
})
