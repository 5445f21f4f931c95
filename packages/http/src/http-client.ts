import type { IncomingMessage } from 'node:http'

import { isLoopbackAddress, isPrivateAddress, type IpAddress } from '@gatepost/core'
import { hostOfUrl, takeRequestClient, type GateConnection, type ProxyTrust } from '@gatepost/gate'
import type { KnownFor, SecurityContext } from '@gatepost/security-crowdsec'

import { originOf } from './origin.ts'

/** Who sent a request, seen through the proxies that are trusted. */
export interface HttpClient {
  readonly connection: GateConnection
  readonly address: IpAddress
  /** The connection belongs to a trusted proxy and may carry other clients too. */
  readonly isProxied: boolean
  /** The peer acts as a proxy and is none of the trusted ones: the request may be anybody's. */
  readonly isByUnlistedProxy: boolean
  /** It is behind such a proxy of this machine or network: what it does says nothing of its address. */
  readonly isHidden: boolean
  /** A program on this machine, and no proxy. */
  readonly isLocal: boolean
  /** Nobody on the way can read a password. */
  readonly isPrivate: boolean
  /** Undefined: the request names no host that could be one. */
  readonly origin: string | undefined
  readonly security: SecurityContext
}

export interface ClientOptions {
  readonly proxies: ProxyTrust
  /** What speaks for an address lately. */
  readonly knownFor?: (address: IpAddress) => KnownFor | undefined
}

/** Takes the forwarding fields out of the request. */
export function httpClientOf(
  request: IncomingMessage,
  connection: GateConnection,
  { proxies, knownFor }: ClientOptions,
): HttpClient {
  const { headers } = request
  const peer = connection.remote
  const client = takeRequestClient(peer, headers, proxies)
  const { address, isProxied, isByUnlistedProxy, scheme } = client
  const isTls = scheme === undefined ? connection.isSecure : scheme === 'https'
  // Only the peer itself is on this machine: who is named by a proxy may be anywhere.
  const isLocal =
    !isProxied && !isByUnlistedProxy && !connection.isNamedByProxy && isLoopbackAddress(peer)
  return {
    connection,
    address,
    isProxied,
    isByUnlistedProxy,
    isHidden: isByUnlistedProxy && (isPrivateAddress(peer) || isLoopbackAddress(peer)),
    isLocal,
    isPrivate: isTls || isLocal,
    origin: originOf(
      client.host ?? hostOfUrl(request.url ?? '') ?? headers.host,
      scheme ?? ownScheme(connection),
    ),
    security: {
      ...connection.securityContext,
      ip: address.text,
      port: address === peer ? connection.remotePort : 0,
      isTls,
      known: knownFor?.(address),
    },
  }
}

function ownScheme({ isSecure }: GateConnection): 'http' | 'https' {
  return isSecure ? 'https' : 'http'
}
