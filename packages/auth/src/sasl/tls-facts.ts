import { hash, type X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'

import type { GateConnection } from '@gatepost/gate'

/** What a mechanism may ask of the TLS connection below it. */
export interface TlsFacts {
  /** Names of channel bindings (RFC 5929, RFC 9266), the better first; empty where none is safe. */
  readonly channelBindings: ReadonlyMap<string, () => Buffer>
  /** For EXTERNAL; undefined unless the listener asks for one. */
  readonly clientCertificate: X509Certificate | undefined
}

/**
 * Undefined: not over TLS. TLS 1.3 alone has bindings. The one that clients use below, tls-unique, is no binding at all without the extended master secret
 * (RFC 7627), and Node does not tell whether there is one. Behind a proxy there are none: it may have ended the client's TLS and begun one of its own, and a client
 * that was offered a binding would be locked out.
 */
export function tlsFactsOf({
  socket,
  isSecure,
  isNamedByProxy,
}: Pick<GateConnection, 'socket' | 'isSecure' | 'isNamedByProxy'>): TlsFacts | undefined {
  if (!isSecure || !(socket instanceof TLSSocket)) return undefined
  const channelBindings = new Map<string, () => Buffer>()
  if (!isNamedByProxy && socket.getProtocol() === 'TLSv1.3') {
    // RFC 9266 section 2: a context of no bytes.
    channelBindings.set('tls-exporter', () =>
      socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    )
    const certificate = socket.getX509Certificate()
    if (certificate !== undefined)
      channelBindings.set('tls-server-end-point', () => endPointOf(certificate))
  }
  return { channelBindings, clientCertificate: socket.getPeerX509Certificate() }
}

/** RFC 5929 section 4.1: with the hash of the signature, but never a weaker one than SHA-256. */
function endPointOf({ raw, signatureAlgorithm = '' }: X509Certificate): Buffer {
  const digest = /sha-?(384|512)/i.exec(signatureAlgorithm)?.[1] ?? '256'
  return hash(`sha${digest}`, raw, 'buffer')
}
