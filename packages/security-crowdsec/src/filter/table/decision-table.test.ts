import { parseIp, type IpAddress } from '@gatepost/core'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'

import { DecisionBatch } from '../stream/decision-batch.ts'
import { readDecision, type LapiDecision } from '../stream/lapi-decision.ts'
import { DecisionTable, type ChangeList } from './decision-table.ts'
import { Remedies } from './remedies.ts'

const time = { now: 1_000_000, monotonic: 0 }
const clock = { now: () => time.now, monotonic: () => time.monotonic }
const remedies = new Remedies({ types: { enforce_mfa: 'captcha', noise: 'ignore' } })
let table: DecisionTable

interface Item {
  readonly scope?: string
  readonly type?: string
  readonly ms?: number
}
function decision(id: number, value: string, { scope, type, ms }: Item = {}): LapiDecision {
  const read = readDecision({
    id,
    value,
    scope: scope ?? 'Ip',
    type: type ?? 'ban',
    origin: 'o',
    scenario: 's',
    duration: '60s',
  })
  if (read === undefined) throw new Error(`no decision: ${value}`)
  return ms === undefined ? read : { ...read, remainingMs: ms }
}
function put(...args: Parameters<typeof decision>): ChangeList {
  const change = { added: [], deleted: [] }
  table.put(DecisionBatch.of(decision(...args)), 0, table.intake(1, change))
  return change
}
function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`no address: ${text}`)
  return address
}
function idOn(text: string): number | undefined {
  return table.strongest(ip(text))?.decision.id
}

beforeEach(() => {
  time.now = 1_000_000
  time.monotonic = 0
  table = new DecisionTable({ clock, remedies })
})

describe('DecisionTable', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4', true],
    ['1.2.3.4', '11.2.3.40', false],
    ['1.2.3.4', '1.2.3.45', false],
    ['::ffff:192.0.2.9', '192.0.2.9', true],
    ['::ffff:192.0.2.0/120', '192.0.2.9', true],
    ['192.0.2.9', '::ffff:c000:0209', true],
    ['2001:0DB8:0:0::0001', '2001:db8::1', true],
    ['192.0.2.0/24', '192.0.2.200', true],
    ['192.0.2.77/24', '192.0.2.1', true],
    ['192.0.2.0/24', '192.0.3.1', false],
    ['2001:db8::/32', '2001:db8:9::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8:8000::/33', '2001:db8:7fff::1', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '192.0.2.1', false],
    ['::/0', '2001:db8::1', true],
  ])('a ban of %s concerns %s: %s', (value, address, expected) => {
    put(1, value)
    expect(idOn(address) === 1).toBe(expected)
  })

  it.each([
    ['192.0.2.1', 'ip', '192.0.2.1'],
    ['192.0.2.77/24', 'range', '192.0.2.0/24'],
    ['192.0.2.1/32', 'ip', '192.0.2.1'],
    ['2001:0DB8:0:0::0001', 'ip', '2001:db8::1'],
    ['2001:DB8::/32', 'range', '2001:db8::/32'],
    ['0.0.0.0/0', 'range', '0.0.0.0/0'],
    ['::ffff:192.0.2.9', 'ip', '192.0.2.9'],
  ])('shows %s as %s %s', (value, scope, shown) => {
    expect(put(1, value).added).toMatchObject([{ id: 1, scope, value: shown }])
  })

  it('keeps the second ban of an address when the first is deleted', () => {
    put(1, '192.0.2.1')
    put(2, '192.0.2.1')
    table.remove(1)
    expect(idOn('192.0.2.1')).toBe(2)
  })

  it('lets the strongest decide, an allow before all, whichever network is narrower', () => {
    put(1, '192.0.2.1', { type: 'throttle' })
    expect(table.strongest(ip('192.0.2.1'))).toMatchObject({ rank: 4, decision: { id: 1 } })
    put(2, '192.0.2.0/24', { type: 'hold' })
    expect(idOn('192.0.2.1')).toBe(2)
    put(3, '192.0.0.0/16', { type: 'enforce_mfa' })
    expect(table.strongest(ip('192.0.2.1'))).toMatchObject({ rank: 2, decision: { id: 3 } })
    put(4, '192.0.0.0/8', { type: 'BAN' })
    expect(idOn('192.0.2.1')).toBe(4)
    put(5, '192.0.0.0/4', { type: 'whitelist' })
    expect(table.strongest(ip('192.0.2.1'))).toMatchObject({ rank: 0, decision: { id: 5 } })
    table.remove(5)
    expect(idOn('192.0.2.1')).toBe(4)
  })

  it('names the narrowest network of two equals', () => {
    put(1, '192.0.0.0/16')
    put(2, '192.0.2.0/24')
    put(3, '192.0.0.0/8')
    expect(idOn('192.0.2.1')).toBe(2)
  })

  it.each(['noise', 'never-heard-of'])('does nothing for the type %s', (type) => {
    put(1, '192.0.2.1', { type })
    expect(idOn('192.0.2.1')).toBeUndefined()
    expect(table.matching(ip('192.0.2.1'))).toHaveLength(1)
  })

  it('takes an unknown type for what it is told to', () => {
    table = new DecisionTable({ clock, remedies: new Remedies({ unknownTypes: 'throttle' }) })
    put(1, '192.0.2.1', { type: 'never-heard-of' })
    expect(table.strongest(ip('192.0.2.1'))?.rank).toBe(4)
  })

  it.each([
    ['username', 'Me@Example.TEST', { scope: 'username', name: 'me@example.test' }],
    ['Country', 'de', { scope: 'country', name: 'DE' }],
    ['AS', 'AS064500', { scope: 'as', name: '64500' }],
  ] as const)('finds a decision on a %s by its name', (scope, value, name) => {
    put(1, value, { scope })
    expect(table.strongest(undefined, [name])?.decision).toMatchObject({
      scope: name.scope,
      value: name.name,
    })
    expect(table.placeCount).toBe(scope === 'username' ? 0 : 1)
    table.remove(1)
    expect(table.strongest(undefined, [name])).toBeUndefined()
    expect(table.placeCount).toBe(0)
  })

  it('ends a ban by the monotonic clock, whatever the wall clock does', () => {
    put(1, '192.0.2.1')
    time.now += 86_400_000
    expect(idOn('192.0.2.1')).toBe(1)
    expect(table.all()[0]?.until).toBe(1_000_000 + 86_400_000 + 60_000)
    time.monotonic += 60_000
    expect(idOn('192.0.2.1')).toBeUndefined()
    const change = { added: [], deleted: [] }
    expect(table.expire(10, change)).toBe(true)
    expect(change.deleted).toMatchObject([{ id: 1 }])
    expect(table.size).toBe(0)
  })

  it('removes what is over a piece at a time, the oldest first', () => {
    for (const id of [5, 3, 1, 4, 2]) put(id, `192.0.2.${id}`, { ms: id * 1000 })
    time.monotonic = 4000
    const change: ChangeList = { added: [], deleted: [] }
    expect(table.expire(3, change)).toBe(false)
    expect(table.expire(3, change)).toBe(true)
    expect(change.deleted.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  })

  it('tells nothing of a decision that it knows: only its end moves', () => {
    put(1, '192.0.2.1')
    expect(put(1, '192.0.2.1', { ms: 90_000 })).toEqual({ added: [], deleted: [] })
    expect(table.all()[0]?.until).toBe(1_090_000)
    time.monotonic = 60_000
    expect(idOn('192.0.2.1')).toBe(1)
  })

  it('tells of an id that means somebody else: a Local API with a new database counts from 1 again', () => {
    put(1, '192.0.2.1')
    expect(put(1, '192.0.2.2')).toMatchObject({
      added: [{ id: 1, value: '192.0.2.2' }],
      deleted: [{ id: 1, value: '192.0.2.1' }],
    })
    expect(put(1, '192.0.2.2', { type: 'captcha' })).toMatchObject({
      added: [{ type: 'captcha' }],
      deleted: [{ type: 'ban' }],
    })
    expect(put(1, 'me', { scope: 'username' }).added).toMatchObject([{ scope: 'username' }])
    expect(put(1, 'you', { scope: 'username' }).deleted).toMatchObject([{ value: 'me' }])
  })

  it('takes one that is over for a deletion', () => {
    put(1, '192.0.2.1')
    expect(put(1, '192.0.2.1', { ms: 0 }).deleted).toMatchObject([{ id: 1 }])
    expect(put(2, '192.0.2.1', { ms: -1 })).toEqual({ added: [], deleted: [] })
    expect(table.size).toBe(0)
  })

  it('takes no more than it may, and counts what it leaves', () => {
    table = new DecisionTable({ clock, remedies, maxDecisions: 2 })
    for (const id of [1, 2, 3]) put(id, `192.0.2.${id}`)
    expect([table.size, table.dropped, idOn('192.0.2.3')]).toEqual([2, 1, undefined])
    table.remove(1)
    put(3, '192.0.2.3')
    expect(idOn('192.0.2.3')).toBe(3)
  })

  it('counts by origin, type and family', () => {
    for (let id = 0; id < 1000; id += 1) put(id, `10.0.${id >> 8}.${id & 255}`)
    put(1000, '2001:db8::1')
    put(1001, 'me', { scope: 'username' })
    expect([...table.kinds()]).toMatchObject([{ counts: { ipv4: 1000, ipv6: 1, name: 1 } }])
    for (let id = 0; id <= 1001; id += 1) table.remove(id)
    expect([...table.kinds()]).toEqual([])
  })

  it('agrees with a plain list after any adds, deletes and expiries', () => {
    const networks = [
      '192.0.2.1',
      '192.0.2.0/24',
      '192.0.0.0/16',
      '2001:db8::1',
      '2001:db8::/64',
      '::/0',
    ]
    const step = fc.record({
      id: fc.nat(20),
      value: fc.constantFrom(...networks),
      type: fc.constantFrom('ban', 'allow', 'captcha', 'throttle', 'other'),
      action: fc.constantFrom('put', 'remove', 'wait', 'expire'),
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
    const rank = ['allow', 'ban', 'captcha', 'hold', 'throttle']
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        table = new DecisionTable({ clock, remedies })
        const model = new Map<number, { item: LapiDecision; until: number }>()
        for (const { id, value, type, action, ms } of steps) {
          const item = decision(id, value, { type, ms })
          if (action === 'put') {
            table.put(DecisionBatch.of(item), 0, table.intake(1))
            model.set(id, { item, until: time.monotonic + ms })
          } else if (action === 'remove') {
            table.remove(id)
            model.delete(id)
          } else if (action === 'expire') {
            table.expire(100)
            for (const [known, { until }] of model) if (until <= time.monotonic) model.delete(known)
            expect(table.size).toBe(model.size)
          } else time.monotonic += ms
          for (const address of addresses) {
            const ranks = [...model.values()]
              .filter(({ item: other, until }) => until > time.monotonic && covers(other, address))
              .map(({ item: other }) => rank.indexOf(other.type))
              .filter((found) => found !== -1)
            const strongest = ranks.length === 0 ? undefined : Math.min(...ranks)
            expect(table.strongest(address)?.rank).toBe(strongest)
          }
        }
      }),
    )
  })
})

function bitsOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(2).padStart(16, '0')).join('')
}
function covers({ subject }: LapiDecision, address: IpAddress): boolean {
  if (subject.kind !== 'network') return false
  const { network } = subject
  const skip = network.family === 4 ? 96 : 0
  const [mine, theirs] = [bitsOf(network.groups), bitsOf(address.groups)].map((bits) =>
    bits.slice(skip, skip + network.prefix),
  )
  return network.family === address.family && mine === theirs
}
