import type { IncomingHttpHeaders } from 'node:http'

import { isInAny, parseIp, type IpAddress, type IpNetwork } from '@gatepost/core'

import { elementsOf, forwardingFields, type ForwardedHop } from './forwarding-fields.ts'

/** Which HTTP proxies are believed, and in which field. */
export interface ProxyTrust {
  readonly networks: readonly IpNetwork[]
  /** `forwarded` (RFC 7239), or the name of a field with a list of addresses, such as `x-forwarded-for`. In lower case. */
  readonly header: string
}

/** Who sent a request, as far as its proxies are trusted. */
export interface RequestClient {
  readonly address: IpAddress
  /** The peer is a trusted proxy: its connection may carry other clients too. */
  readonly isProxied: boolean
  /** The peer is no trusted proxy and yet sends what proxies send: nobody knows whose request it is. */
  readonly isByUnlistedProxy: boolean
  /** What the client spoke with the proxy; undefined when there is none, or it does not say. */
  readonly scheme: 'http' | 'https' | undefined
  /** The host that the client asked the proxy for. */
  readonly host: string | undefined
}

const maxHops = 20

/**
 * The client of an HTTP request: the first address, read from the right of the one field that counts, which no trusted proxy owns. Every hop appends on
 * the right, so what a client wrote itself stands to the left of what the proxies know. Other forwarding fields may be the client's own: they are never read,
 * and all of them are removed from `headers`, so that nobody behind this function reads one.
 */
export function takeRequestClient(
  peer: IpAddress,
  headers: IncomingHttpHeaders,
  trust: ProxyTrust,
): RequestClient {
  const fields = forwardingFields(trust.header)
  const claims = fields.map((name) => headers[name]).some((value) => value !== undefined)
  const isProxied = isInAny(peer, trust.networks)
  const hops = isProxied ? hopsOf(headers, trust.header) : []
  for (const name of fields) Reflect.deleteProperty(headers, name)
  const nearest = hops.at(-1)
  return {
    address: clientOf(peer, hops, trust),
    isProxied,
    isByUnlistedProxy: claims && !isProxied,
    scheme: schemeOf(nearest?.proto),
    host: nearest?.host,
  }
}

function clientOf(peer: IpAddress, hops: readonly ForwardedHop[], trust: ProxyTrust): IpAddress {
  let client = peer
  for (const { node } of hops.toReversed()) {
    if (!isInAny(client, trust.networks)) return client
    const address = addressOf(node)
    if (address === undefined) return client
    client = address
  }
  return client
}

/** The last hops, those next to us at the end. */
function hopsOf(headers: IncomingHttpHeaders, header: string): ForwardedHop[] {
  const elements = elementsOf(headers[header], maxHops)
  if (header === 'forwarded') return elements.map(forwardedHop)
  const proto = elementsOf(headers['x-forwarded-proto'], 1).at(-1)
  const host = elementsOf(headers['x-forwarded-host'], 1).at(-1)
  return elements.map((node) => ({ node, proto, host }))
}

/** RFC 7239 section 4: `for=192.0.2.1;proto=https;host=mail.example.org`, in any order. */
function forwardedHop(element: string): ForwardedHop {
  const parameters = new Map(
    element.split(';').map((pair): [string, string] => {
      const equals = pair.indexOf('=')
      const value = pair.slice(equals + 1).trim()
      return [pair.slice(0, Math.max(equals, 0)).trim().toLowerCase(), unquoted(value)]
    }),
  )
  return {
    node: parameters.get('for') ?? '',
    proto: parameters.get('proto'),
    host: parameters.get('host'),
  }
}

function unquoted(value: string): string {
  return /^"(.*)"$/.exec(value)?.[1] ?? value
}

/** RFC 7239 section 6: `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`; obfuscated names and "unknown" are no address. */
function addressOf(node: string): IpAddress | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(node)?.[1]
  const withPort = /^([\d.]+):\d+$/.exec(node)?.[1]
  return parseIp(bracketed ?? withPort ?? node)
}

function schemeOf(proto: string | undefined): RequestClient['scheme'] {
  const scheme = proto?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}
