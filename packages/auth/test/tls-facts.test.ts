import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'

import { makeSelfSignedCertificate } from '@gatepost/gate'
import { beforeAll, describe, expect, it } from 'vitest'

import { offeredMechanisms } from '../src/sasl/mechanisms.ts'
import { tlsFactsOf } from '../src/sasl/tls-facts.ts'

let tls: { readonly cert: string; readonly key: string }
beforeAll(async () => {
  const { certificate, key } = await makeSelfSignedCertificate(['localhost'], Date.now())
  tls = { cert: certificate, key }
})

/** Both ends of a connection. */
async function withConnection(
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
  look: (ends: { readonly server: TLSSocket; readonly client: TLSSocket }) => void,
): Promise<void> {
  const listener = createServer(tls)
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>
  const client = connect({
    port,
    host: '127.0.0.1',
    maxVersion,
    ca: tls.cert,
    servername: 'localhost',
  })
  try {
    const [[server]] = await Promise.all([accepted, once(client, 'secureConnect')])
    look({ server, client })
    server.destroy()
  } finally {
    client.destroy()
    listener.close()
  }
}

function bindingsOf(socket: TLSSocket, isNamedByProxy = false): string[] {
  const facts = tlsFactsOf({ socket, isSecure: true, isNamedByProxy })
  return [...(facts?.channelBindings.keys() ?? ['no TLS'])]
}

function offersPlus(socket: TLSSocket, isNamedByProxy: boolean): boolean {
  const facts = tlsFactsOf({ socket, isSecure: true, isNamedByProxy })
  const offered = offeredMechanisms({ tls: facts, hasScramKeys: true })
  return offered.some(({ name }) => name === 'SCRAM-SHA-256-PLUS')
}

describe('what SCRAM can be bound to', () => {
  it('is the same on both ends of TLS 1.3', async () => {
    await withConnection('TLSv1.3', ({ server, client }) => {
      const { channelBindings } =
        tlsFactsOf({ socket: server, isSecure: true, isNamedByProxy: false }) ??
        expect.unreachable()
      const exporter = client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      expect(channelBindings.get('tls-exporter')?.()).toEqual(exporter)
      const { fingerprint256 } = client.getPeerCertificate()
      const certificate = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex')
      expect(channelBindings.get('tls-server-end-point')?.()).toEqual(certificate)
    })
  })

  it('is nothing below TLS 1.3', async () => {
    await withConnection('TLSv1.2', ({ server }) => expect(bindingsOf(server)).toEqual([]))
  })

  it('is nothing behind a proxy, which may have ended the client’s TLS: -PLUS is not offered', async () => {
    await withConnection('TLSv1.3', ({ server }) => {
      expect(bindingsOf(server, true)).toEqual([])
      expect(offersPlus(server, true)).toBe(false)
      expect(offersPlus(server, false)).toBe(true)
    })
  })
})
