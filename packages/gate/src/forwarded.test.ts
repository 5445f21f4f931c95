import { parseIp, parseNetwork } from '@gatepost/core'
import { expect, it } from 'vitest'

import { clientBehindProxies, type ForwardingHeaders } from './forwarded.ts'

const trusted = ['10.0.0.0/8', '::1'].map((text) => parseNetwork(text) ?? fail(text))
function fail(text: string): never {
  throw new Error(text)
}
function client(peer: string, headers: ForwardingHeaders): string {
  return clientBehindProxies(parseIp(peer) ?? fail(peer), headers, trusted).text
}

it.each([
  ['192.0.2.1', { xForwardedFor: '198.51.100.1' }, '192.0.2.1'],
  ['10.0.0.1', { xForwardedFor: '198.51.100.1' }, '198.51.100.1'],
  ['10.0.0.1', { xForwardedFor: '203.0.113.9, 198.51.100.1, 10.0.0.2' }, '198.51.100.1'],
  ['10.0.0.1', { xForwardedFor: 'forged, 198.51.100.1' }, '198.51.100.1'],
  ['10.0.0.1', { xForwardedFor: 'unknown' }, '10.0.0.1'],
  ['10.0.0.1', {}, '10.0.0.1'],
  ['::1', { forwarded: 'for=203.0.113.9, For="[2001:db8::1]:4711";proto=https' }, '2001:db8::1'],
  ['10.0.0.1', { forwarded: 'for=198.51.100.1', xForwardedFor: '203.0.113.9' }, '198.51.100.1'],
  ['10.0.0.1', { xForwardedFor: '198.51.100.1:55555' }, '198.51.100.1'],
])('the client behind %s with %j is %s', (peer, headers, expected) => {
  expect(client(peer, headers)).toBe(expected)
})
