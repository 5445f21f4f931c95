import { describe, expect, it } from 'vitest'

import { parseIp, type IpAddress } from './ip-address.ts'
import { isLoopbackAddress, isPrivateAddress, isPublicAddress } from './special-networks.ts'

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(text)
  return address
}

describe('an address that no host on the internet has', () => {
  it.each([
    '127.0.0.1',
    '127.255.255.255',
    '::1',
    '::',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::1',
    '2002:a00:1::',
    '2001:0:1::1',
    'fd00::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:0:127.0.0.1',
    '::ffff:0:8.8.8.8',
    '100::1',
    'fec0::1',
    '3fff::1',
    '3fff:fff::1',
    '4000::1',
    '5f00::1',
    '1fff::1',
  ])('%s', (text) => expect(isPublicAddress(ip(text))).toBe(false))
})

it.each([
  '192.0.2.1',
  '8.8.8.8',
  '172.32.0.1',
  '2001:db8::1',
  '2606:4700::1',
  '3ffe:ffff::1',
  '64:ff9b::808:808',
  '2002:808:808::',
])('%s may be that of a host on the internet', (text) =>
  expect(isPublicAddress(ip(text))).toBe(true),
)

it('private is not loopback', () => {
  expect([isPrivateAddress(ip('127.0.0.1')), isLoopbackAddress(ip('127.0.0.1'))]).toEqual([
    false,
    true,
  ])
  expect([isPrivateAddress(ip('172.18.0.1')), isLoopbackAddress(ip('172.18.0.1'))]).toEqual([
    true,
    false,
  ])
})
