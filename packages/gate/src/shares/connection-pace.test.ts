import { parseIp, type IpAddress } from '@gatepost/core'
import { expect, it } from 'vitest'

import { ConnectionPace } from './connection-pace.ts'

const clock = { now: 0, monotonic: () => clock.now }
function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}
const one = ip('192.0.2.1')

it('2,286 connections in 5 s are told of at the limit and at each multiple, and turned away beyond three times', () => {
  const pace = new ConnectionPace(clock)
  const results = Array.from({ length: 2286 }, () => {
    clock.now += 5000 / 2286
    return pace.count('connections', one, false)
  })
  const bursts = results.flatMap(({ burst }) => burst ?? [])
  expect(bursts).toHaveLength(22)
  expect(bursts[0]).toEqual({ kind: 'connections', count: 100, seconds: 1 })
  expect(results.findIndex(({ isTooMuch }) => isTooMuch)).toBe(300)
})

it('handshakes have a limit of their own', () => {
  const pace = new ConnectionPace(clock)
  const results = Array.from({ length: 60 }, () => pace.count('handshakes', one, false))
  expect(results.at(-1)?.burst).toMatchObject({ kind: 'handshakes', count: 60 })
})

it('the addresses of one /64 are counted together', () => {
  const pace = new ConnectionPace(clock)
  const results = Array.from({ length: 100 }, (_, at) =>
    pace.count('connections', ip(`2001:db8::${at + 1}`), false),
  )
  expect(results.at(-1)?.burst?.count).toBe(100)
})

it('a known source has room for an office that comes back', () => {
  const pace = new ConnectionPace(clock)
  const results = Array.from({ length: 399 }, () => pace.count('connections', one, true))
  expect(results.every(({ burst, isTooMuch }) => burst === undefined && !isTooMuch)).toBe(true)
})

it('begins anew after ten seconds', () => {
  const pace = new ConnectionPace(clock)
  for (let count = 0; count < 500; count += 1) pace.count('connections', one, false)
  clock.now += 10_000
  expect(pace.count('connections', one, false)).toEqual({ burst: undefined, isTooMuch: false })
})
