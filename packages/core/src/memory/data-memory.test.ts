import fc from 'fast-check'
import { expect, it } from 'vitest'

import { parseIp, type IpAddress } from '../address/ip-address.ts'
import type { AccountId } from '../ids.ts'
import { DataMemory, type DataShare } from './data-memory.ts'
import { MemoryPool } from './memory-pool.ts'

const limits = { maxBytesInFlight: 8000, maxMessageBytes: 500 }

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return address
}

/** Takes in small steps until it is refused. */
function fill(share: DataShare, step = 10): string {
  for (;;) {
    const shortage = share.take(step)
    if (shortage !== undefined) return shortage
  }
}

it('nine connections of one address have a quarter together, and everybody else goes on', () => {
  const memory = new DataMemory(limits)
  const shares = Array.from({ length: 9 }, () => memory.enter(ip('192.0.2.1')))
  expect(shares.map((share) => fill(share))).toEqual(shares.map(() => 'source'))
  expect(memory.usedBytes).toBe(2000)
  expect(shares[0]?.connections).toBe(9)
  expect(memory.enter(ip('192.0.2.2')).take(1000)).toBeUndefined()
})

it('an IPv6 /64 is one source, a /24 and a /48 have three eighths', () => {
  const memory = new DataMemory(limits)
  expect(fill(memory.enter(ip('2001:db8::1')))).toBe('source')
  expect(memory.enter(ip('2001:db8::ffff:2')).take(10)).toBe('source')
  expect(fill(memory.enter(ip('2001:db8:0:1::1')))).toMatch(/source|network/)
  expect(memory.enter(ip('2001:db8:0:2::1')).take(10)).toBe('network')
  expect(memory.enter(ip('2001:db8:1::1')).take(10)).toBeUndefined()
  const v4 = new DataMemory(limits)
  for (const host of [1, 2]) fill(v4.enter(ip(`192.0.2.${host}`)))
  expect(v4.enter(ip('192.0.2.3')).take(10)).toBe('network')
  expect(v4.enter(ip('192.0.3.1')).take(10)).toBeUndefined()
})

it.each([25_000_000, 33_000_000, 36_700_160])(
  'a pair of messages of %d bytes fits, of one source, of a neighbour one more, and of somebody else',
  (bytes) => {
    const memory = new DataMemory({ maxBytesInFlight: 268_435_456, maxMessageBytes: 36_700_160 })
    const taken = ['192.0.2.1', '192.0.2.1', '198.51.100.1'].map((text) =>
      memory.enter(ip(text)).take(bytes),
    )
    expect(taken).toEqual([undefined, undefined, undefined])
    expect(memory.enter(ip('192.0.2.1')).take(bytes)).toBe('source')
  },
)

it('four messages of the full size are the most of one source, however large the memory is', () => {
  const memory = new DataMemory({ maxBytesInFlight: 1_000_000, maxMessageBytes: 500 })
  expect(fill(memory.enter(ip('192.0.2.1')))).toBe('source')
  expect(memory.usedBytes).toBe(2000)
})

it('one message of the full size fits, however small the shares are', () => {
  const memory = new DataMemory({ maxBytesInFlight: 8000, maxMessageBytes: 2000 })
  expect(memory.enter(ip('192.0.2.1')).take(2000)).toBeUndefined()
})

it.each([
  [4, 11_000_000],
  [20, 800_000],
  [100, 40_000],
])('%d networks that hold all they may leave room for %d bytes of another', (count, bytes) => {
  const memory = new DataMemory({ maxBytesInFlight: 256_000_000, maxMessageBytes: 36_000_000 })
  for (let network = 0; network < count; network += 1)
    fill(memory.enter(ip(`10.${network}.0.1`)), 10_000)
  expect(memory.enter(ip('192.0.2.1')).take(bytes)).toBeUndefined()
})

it('what is left is given back, once, whoever holds what', () => {
  const step = fc.tuple(fc.nat(5), fc.nat(3), fc.nat(700))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const memory = new DataMemory(limits)
      const shares = new Map<number, DataShare>()
      for (const [host, kind, bytes] of steps) {
        const share = shares.get(host) ?? memory.enter(ip(`192.0.${host % 2}.${host}`))
        shares.set(host, share)
        if (kind === 0) {
          share.leave()
          share.leave()
          shares.delete(host)
        } else share.take(bytes)
        expect(memory.usedBytes).toBeLessThanOrEqual(limits.maxBytesInFlight)
      }
      for (const share of shares.values()) share.leave()
      expect(memory.usedBytes).toBe(0)
      expect(memory.enter(ip('192.0.0.0')).connections).toBe(1)
    }),
  )
})

it('an account is one source, wherever its sessions come from', () => {
  const memory = new DataMemory(limits)
  const [me, you] = ['a1' as AccountId, 'a2' as AccountId]
  expect(fill(memory.enter(me))).toBe('source')
  expect(memory.enter(me).take(10)).toBe('source')
  expect(memory.enter(you).take(10)).toBeUndefined()
})

it('doors together have no more than their pool, and give back to it what they held', () => {
  const pool = new MemoryPool(1500)
  const [one, other] = [new DataMemory(limits, pool), new DataMemory(limits, pool)]
  const share = one.enter(ip('192.0.2.1'))
  expect(share.take(1000)).toBeUndefined()
  const next = other.enter(ip('198.51.100.1'))
  expect(next.take(501)).toBe('pool')
  expect(other.usedBytes).toBe(0)
  expect(next.take(500)).toBeUndefined()
  share.leave()
  expect(pool.usedBytes).toBe(500)
  expect(other.enter(ip('203.0.113.1')).take(1000)).toBeUndefined()
})
