import type { Socket } from 'node:net'

import { isInAny, parseIp, type IpAddress, type IpNetwork } from '@gatepost/core'

import { readProxyHeader } from './read-proxy-header.ts'

/** The address that counts: the peer's, or the one that a trusted proxy names. */
export type ClientOfSocket =
  | {
      readonly kind: 'client'
      readonly address: IpAddress
      readonly port: number
      readonly isNamedByProxy: boolean
    }
  /** The peer is gone, or has no address. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'badHeader'; readonly proxy: IpAddress; readonly reason: string }

export interface ClientOfOptions {
  /** Whether trusted peers have to begin with a PROXY header. */
  readonly isProxied: boolean
  readonly trustedProxies: readonly IpNetwork[]
  readonly deadlineMs: number
}

export async function clientOf(
  socket: Socket,
  { isProxied, trustedProxies, deadlineMs }: ClientOfOptions,
): Promise<ClientOfSocket> {
  const peer = parseIp(socket.remoteAddress ?? '')
  if (peer === undefined) return { kind: 'nobody' }
  const port = socket.remotePort ?? 0
  const direct = { kind: 'client', address: peer, port, isNamedByProxy: false } as const
  const isTrusted = isInAny(peer, trustedProxies)
  if (!isProxied || !isTrusted) return direct
  const header = await readProxyHeader(socket, deadlineMs)
  switch (header.kind) {
    case 'client':
      return {
        kind: 'client',
        address: header.address,
        port: header.port,
        isNamedByProxy: true,
      }
    case 'local':
      return direct
    case 'invalid':
      return { kind: 'badHeader', proxy: peer, reason: header.reason }
  }
}
