import { parseIp, type IpAddress } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { ClientAddresses } from './client-addresses.ts'

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}

function seen(addresses: readonly string[]): { watch: ClientAddresses; warned: string[] } {
  const warned: string[] = []
  const watch = new ClientAddresses((address) => warned.push(address))
  for (const address of addresses) watch.saw(ip(address))
  return { watch, warned }
}
const many = (address: string): string[] => Array.from({ length: 50 }, () => address)

describe('the addresses of clients', () => {
  it.each(['172.18.0.1', '10.1.2.3', '192.168.65.1', 'fd00::1', '100.64.0.1'])(
    'are suspicious, and it is said once, when all are %s',
    (address) => {
      const { watch, warned } = seen(many(address))
      expect(watch.report()).toEqual({ state: 'suspicious', connections: 50, address })
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
    expect(watch.report()).toEqual({ state: 'real', connections: 51, address: null })
  })
})
