import { parseIp, type IpAddress } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { ClientAddresses } from './client-addresses.ts'

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}

const clock = { now: 0 }
const told: string[] = []

function seen(addresses: readonly string[]): { watch: ClientAddresses; warned: string[] } {
  const warned: string[] = []
  const watch = new ClientAddresses({
    clock: { monotonic: () => clock.now },
    onSuspicious: (address) => warned.push(address),
    onPrivateClient: (address) => told.push(address),
    onUnlistedProxy: (address) => warned.push(`proxy ${address}`),
  })
  for (const address of addresses) watch.saw(ip(address))
  return { watch, warned }
}
const many = (address: string): string[] => Array.from({ length: 50 }, () => address)

describe('the addresses of clients', () => {
  it.each(['172.18.0.1', '10.1.2.3', '192.168.65.1', 'fd00::1', '100.64.0.1'])(
    'are suspicious, and it is said once, when all are %s',
    (address) => {
      const { watch, warned } = seen(many(address))
      expect(watch.report()).toEqual({
        state: 'suspicious',
        connections: 50,
        address,
        unlistedProxies: [],
      })
      expect(warned).toEqual([address])
    },
  )

  it.each(['198.51.100.7', '2001:db8::7', '127.0.0.1', '::1'])(
    'are real when all are %s: one household, or this machine',
    (address) => {
      const { watch, warned } = seen(many(address))
      expect(watch.report().state).toBe('real')
      expect(warned).toEqual([])
    },
  )

  it('tell nothing from a few connections', () => {
    expect(seen(['172.18.0.1', '172.18.0.1']).watch.report().state).toBe('unknown')
  })

  it('are real as soon as there is a second one', () => {
    const { watch } = seen([...many('172.18.0.1'), '198.51.100.7'])
    expect(watch.report()).toEqual({
      state: 'real',
      connections: 51,
      address: null,
      unlistedProxies: [],
    })
  })

  it('are suspicious for an hour when a proxy of this machine or network is not trusted, which is said once', () => {
    const { watch, warned } = seen([...many('172.18.0.1'), '198.51.100.7'])
    for (let count = 0; count < 3; count += 1) watch.sawUnlistedProxy(ip('127.0.0.1'))
    watch.sawUnlistedProxy(ip('172.18.0.1'))
    const unlistedProxies = ['127.0.0.1', '172.18.0.1']
    expect(watch.report()).toMatchObject({ state: 'suspicious', unlistedProxies })
    expect(warned.filter((text) => text.startsWith('proxy'))).toEqual([
      'proxy 127.0.0.1',
      'proxy 172.18.0.1',
    ])
    clock.now += 3_600_000
    expect(watch.report()).toMatchObject({ state: 'real', unlistedProxies: [] })
  })

  it('do not become suspicious by what a stranger claims', () => {
    const { watch, warned } = seen(['198.51.100.7', '198.51.100.8'])
    watch.sawUnlistedProxy(ip('198.51.100.7'))
    expect(watch.report()).toMatchObject({ state: 'real', unlistedProxies: [] })
    expect(warned).toEqual([])
  })

  it('are told of once where they are private, since CrowdSec’s image leaves those alone', () => {
    told.length = 0
    seen(['198.51.100.7', '127.0.0.1', '172.18.0.1', '10.0.0.1', '172.18.0.1'])
    expect(told).toEqual(['172.18.0.1'])
  })
})
