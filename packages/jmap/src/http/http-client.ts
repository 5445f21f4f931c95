import type { IncomingMessage } from 'node:http'

import { isInNetwork, type IpAddress, type IpNetwork } from '@gatepost/core'
import { clientBehindProxies, type GateConnection } from '@gatepost/gate'
import type { SecurityContext } from '@gatepost/security-crowdsec'

import { forwardedScheme, originOf } from './origin.ts'

/** Who sent a request, seen through the proxies that are trusted. */
export interface HttpClient {
  readonly connection: GateConnection
  readonly address: IpAddress
  /** The connection belongs to a trusted proxy and may carry other clients too. */
  readonly isProxied: boolean
  /** Nobody on the way can read a password. */
  readonly isPrivate: boolean
  /** Undefined: the request names no host that could be one. */
  readonly origin: string | undefined
  readonly security: SecurityContext
}

export function httpClientOf(
  request: IncomingMessage,
  connection: GateConnection,
  trustedProxies: readonly IpNetwork[],
): HttpClient {
  const { headers } = request
  const peer = connection.remote
  const isProxied = trustedProxies.some((network) => isInNetwork(peer, network))
  const forwardedFor = headers['x-forwarded-for']
  const address = isProxied
    ? clientBehindProxies(
        peer,
        {
          forwarded: headers.forwarded,
          xForwardedFor: Array.isArray(forwardedFor) ? forwardedFor.join(',') : forwardedFor,
        },
        trustedProxies,
      )
    : peer
  const scheme = isProxied ? forwardedScheme(headers) : undefined
  const isTls = scheme === undefined ? connection.isSecure : scheme === 'https'
  return {
    connection,
    address,
    isProxied,
    isPrivate: isTls || isLoopback(address),
    origin: originOf(headers, { isTls: connection.isSecure, isTrustedProxy: isProxied }),
    security: {
      ...connection.securityContext,
      ip: address.text,
      port: address === peer ? connection.remotePort : 0,
      isTls,
    },
  }
}

function isLoopback(address: IpAddress): boolean {
  return address.text === '::1' || (address.family === 4 && address.text.startsWith('127.'))
}
