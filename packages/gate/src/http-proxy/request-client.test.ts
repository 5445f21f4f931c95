import type { IncomingHttpHeaders } from 'node:http'

import { parseIp, parseNetwork } from '@gatepost/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { takeRequestClient, type RequestClient } from './request-client.ts'

const networks = ['10.0.0.0/8', '::1'].map((text) => parseNetwork(text) ?? fail(text))
function fail(text: string): never {
  throw new Error(text)
}
function taken(
  peer: string,
  headers: IncomingHttpHeaders,
  header = 'x-forwarded-for',
): RequestClient {
  return takeRequestClient(parseIp(peer) ?? fail(peer), { ...headers }, { networks, header })
}
function client(peer: string, headers: IncomingHttpHeaders, header?: string): string {
  return taken(peer, headers, header).address.text
}

describe('the client of a request', () => {
  it.each([
    ['192.0.2.1', { 'x-forwarded-for': '198.51.100.1' }, '192.0.2.1'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.1' }, '198.51.100.1'],
    ['10.0.0.1', { 'x-forwarded-for': '203.0.113.9, 198.51.100.1, 10.0.0.2' }, '198.51.100.1'],
    ['10.0.0.1', { 'x-forwarded-for': 'forged, 198.51.100.1' }, '198.51.100.1'],
    ['10.0.0.1', { 'x-forwarded-for': 'unknown' }, '10.0.0.1'],
    ['10.0.0.1', {}, '10.0.0.1'],
    ['10.0.0.1', { 'x-forwarded-for': '198.51.100.1:55555' }, '198.51.100.1'],
    ['10.0.0.1', { 'x-forwarded-for': `${'1.1.1.1,'.repeat(9999)}198.51.100.1` }, '198.51.100.1'],
  ])('behind %s with %j is %s', (peer, headers, expected) => {
    expect(client(peer, headers)).toBe(expected)
  })

  it.each([
    ['::1', 'for=203.0.113.9, For="[2001:db8::1]:4711";proto=https', '2001:db8::1'],
    ['10.0.0.1', 'proto=https;host=x;for=198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', 'for="never closed, for=198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', 'for=198.51.100.1;by=10.0.0.1, for=_hidden', '10.0.0.1'],
  ])('behind %s with Forwarded: %s is %s, where that is the field', (peer, forwarded, expected) => {
    expect(client(peer, { forwarded }, 'forwarded')).toBe(expected)
  })

  it("a client's own Forwarded, and every other field, passes through proxies that do not write it: it says nothing", () => {
    const own = {
      forwarded: 'for=198.51.100.23;proto=https;host=evil.example',
      'x-real-ip': '198.51.100.24',
      'true-client-ip': '198.51.100.25',
    }
    const { address, scheme, host } = taken('10.0.0.1', { ...own, 'x-forwarded-for': '192.0.2.66' })
    expect(address.text).toBe('192.0.2.66')
    expect([scheme, host]).toEqual([undefined, undefined])
    const list = { 'x-forwarded-for': '198.51.100.23', 'x-forwarded-proto': 'https' }
    const other = taken('10.0.0.1', { ...list, forwarded: 'for=192.0.2.66' }, 'forwarded')
    expect([other.address.text, other.scheme]).toEqual(['192.0.2.66', undefined])
  })

  it('may be named in a field of the operator’s choice', () => {
    const headers = { 'cf-connecting-ip': '192.0.2.1', 'x-forwarded-for': '198.51.100.1' }
    expect(client('10.0.0.1', headers, 'cf-connecting-ip')).toBe('192.0.2.1')
  })

  it('of scheme and host the last hop is believed, as of the address', () => {
    const headers = {
      'x-forwarded-for': '1.1.1.1, 192.0.2.1',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'evil.example, mail.example.test',
    }
    expect(taken('10.0.0.1', headers)).toMatchObject({ scheme: 'http', host: 'mail.example.test' })
    expect(taken('192.0.2.9', headers)).toMatchObject({ scheme: undefined, host: undefined })
  })

  it('nobody behind it finds a forwarding field', () => {
    const headers = { forwarded: 'for=1.1.1.1', 'x-forwarded-proto': 'https', 'x-real-ip': '1' }
    takeRequestClient(parseIp('192.0.2.1') ?? fail('peer'), headers, { networks, header: 'x-own' })
    expect(headers).toEqual({})
  })

  it.each(['forwarded', 'x-forwarded-for', 'x-real-ip', 'x-forwarded-proto'])(
    'is nobody’s where a peer that is no trusted proxy sends %s',
    (name) => {
      expect(taken('127.0.0.1', { [name]: 'x' }).isByUnlistedProxy).toBe(true)
      expect(taken('10.0.0.1', { [name]: 'x' }).isByUnlistedProxy).toBe(false)
      expect(taken('127.0.0.1', {}).isByUnlistedProxy).toBe(false)
    },
  )

  it('a client behind a proxy that appends cannot choose it, whatever it writes', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 })
    fc.assert(
      fc.property(texts, texts, (lists, forwarded) => {
        const headers = {
          'x-forwarded-for': [...lists, '192.0.2.66'].join(','),
          forwarded: forwarded.join(','),
        }
        expect(client('10.0.0.1', headers)).toBe('192.0.2.66')
        const element = [...forwarded, 'for=192.0.2.66'].join(',')
        expect(client('10.0.0.1', { forwarded: element }, 'forwarded')).toBe('192.0.2.66')
      }),
    )
  })
})
