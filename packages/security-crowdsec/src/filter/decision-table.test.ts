import { parseIp, parseNetwork, type IpAddress } from '@gatepost/core'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'

import { DecisionTable } from './decision-table.ts'
import type { LapiDecision } from './lapi-decision.ts'

const time = { now: 1_000_000, monotonic: 0 }
const clock = { now: () => time.now, monotonic: () => time.monotonic }
let table: DecisionTable

function decision(id: number, value: string, more: Partial<LapiDecision> = {}): LapiDecision {
  const network = parseNetwork(value)
  if (network === undefined) throw new Error(`no network: ${value}`)
  return { id, type: 'ban', scenario: 's', origin: 'o', network, remainingMs: 60_000, ...more }
}
function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`no address: ${text}`)
  return address
}

beforeEach(() => {
  time.now = 1_000_000
  time.monotonic = 0
  table = new DecisionTable(clock)
})

describe('DecisionTable', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4', true],
    ['1.2.3.4', '11.2.3.40', false],
    ['1.2.3.4', '1.2.3.45', false],
    ['::ffff:192.0.2.9', '192.0.2.9', true],
    ['2001:0DB8:0:0::0001', '2001:db8::1', true],
    ['192.0.2.0/24', '192.0.2.200', true],
    ['2001:db8::/32', '2001:db8:9::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
  ])('a ban of %s concerns %s: %s', (value, address, expected) => {
    table.put(decision(1, value))
    expect(table.findBan(ip(address)) !== undefined).toBe(expected)
  })

  it('keeps the second ban of an address when the first is deleted', () => {
    table.put(decision(1, '192.0.2.1'))
    table.put(decision(2, '192.0.2.1'))
    table.remove(1)
    expect(table.findBan(ip('192.0.2.1'))?.id).toBe(2)
  })

  it('lets an allow beat a ban', () => {
    table.put(decision(1, '192.0.2.0/24'))
    table.put(decision(2, '192.0.2.1', { type: 'allow' }))
    expect(table.findBan(ip('192.0.2.1'))).toBeUndefined()
    expect(table.findBan(ip('192.0.2.2'))?.id).toBe(1)
  })

  it('refuses nobody for a captcha', () => {
    table.put(decision(1, '192.0.2.1', { type: 'captcha' }))
    expect(table.findBan(ip('192.0.2.1'))).toBeUndefined()
  })

  it('ends a ban by the monotonic clock, whatever the wall clock does', () => {
    table.put(decision(1, '192.0.2.1'))
    time.now += 86_400_000
    expect(table.findBan(ip('192.0.2.1'))).toBeDefined()
    time.monotonic += 60_000
    expect(table.findBan(ip('192.0.2.1'))).toBeUndefined()
    expect(table.expire().map(({ id }) => id)).toEqual([1])
    expect(table.size).toBe(0)
  })

  it('agrees with a plain list after any adds, deletes and expiries', () => {
    const step = fc.record({
      id: fc.nat(20),
      value: fc.constantFrom(
        '192.0.2.1',
        '192.0.2.0/24',
        '192.0.0.0/16',
        '2001:db8::1',
        '2001:db8::/64',
        '::/0',
      ),
      type: fc.constantFrom('ban', 'allow', 'captcha'),
      action: fc.constantFrom('put', 'remove', 'wait'),
      ms: fc.integer({ min: 1, max: 1000 }),
    })
    const addresses = [
      '192.0.2.1',
      '192.0.2.2',
      '192.0.9.9',
      '2001:db8::1',
      '2001:db8::2',
      '2001:db9::1',
    ].map(ip)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const subject = new DecisionTable(clock)
        const model = new Map<number, { item: LapiDecision; until: number }>()
        for (const { id, value, type, action, ms } of steps) {
          const item = decision(id, value, { type, remainingMs: ms })
          if (action === 'put') {
            subject.put(item)
            model.set(id, { item, until: time.monotonic + ms })
          } else if (action === 'remove') {
            subject.remove(id)
            model.delete(id)
          } else time.monotonic += ms
          for (const address of addresses) {
            const alive = [...model.values()].filter(
              ({ item: other, until }) => until > time.monotonic && covers(other, address),
            )
            const isBanned =
              alive.some(({ item: other }) => other.type === 'ban') &&
              !alive.some(({ item: other }) => other.type === 'allow')
            expect(subject.findBan(address) !== undefined).toBe(isBanned)
          }
        }
      }),
    )
  })
})

function bitsOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(2).padStart(16, '0')).join('')
}
function covers({ network }: LapiDecision, address: IpAddress): boolean {
  const skip = network.family === 4 ? 96 : 0
  const [mine, theirs] = [bitsOf(network.groups), bitsOf(address.groups)].map((bits) =>
    bits.slice(skip, skip + network.prefix),
  )
  return network.family === address.family && mine === theirs
}
