import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isInNetwork, parseIp, parseNetwork } from './ip-address.ts'

describe('parseIp', () => {
  it.each([
    ['192.0.2.9', '192.0.2.9'],
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::FFFF:c000:0209', '192.0.2.9'],
    ['2001:0DB8:0:0::0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ])('reads %s as %s', (spelling, text) => {
    expect(parseIp(spelling)?.text).toBe(text)
  })

  it.each(['', '1.2.3', '1.2.3.256', '01.2.3.4', ':::', 'example.test', '1.2.3.4/8', '12345::'])(
    'refuses %j',
    (text) => {
      expect(parseIp(text)).toBeUndefined()
    },
  )

  it('gives every spelling of an IPv6 address the same text', () => {
    fc.assert(
      fc.property(fc.ipV6(), (spelling) => {
        const first = parseIp(spelling)
        expect(parseIp(spelling.toUpperCase())).toEqual(first)
        expect(parseIp(first?.text ?? '')).toEqual(first)
      }),
    )
  })
})

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.77/24', '192.0.2.1', true],
    ['1.2.3.4', '11.2.3.40', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['::/0', '203.0.113.1', false],
    ['::1', '::1', true],
  ])('%s contains %s: %s', (network, address, expected) => {
    const [parsedNetwork, parsedAddress] = [parseNetwork(network), parseIp(address)]
    if (parsedNetwork === undefined || parsedAddress === undefined) throw new Error('test data')
    expect(isInNetwork(parsedAddress, parsedNetwork)).toBe(expected)
  })

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', 'x/8', '10.0.0.0/8/8'])(
    'refuses %j',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined()
    },
  )
})
