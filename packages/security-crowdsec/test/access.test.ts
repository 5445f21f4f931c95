import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FakeLapi } from '@gatepost/lapi-fake'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { LapiClient, type LapiClientOptions } from '../src/index.ts'
import { makeCertificate, type TestCertificate } from './certificate.ts'

let resources: AsyncDisposableStack
let server: TestCertificate
let bouncer: TestCertificate
let agent: TestCertificate

beforeAll(async () => {
  server = await makeCertificate('lapi')
  bouncer = await makeCertificate('bouncer-ou')
  agent = await makeCertificate('agent-ou')
})
beforeEach(() => {
  resources = new AsyncDisposableStack()
})
afterEach(() => resources.disposeAsync())

async function idsOver(
  options: Omit<LapiClientOptions, 'timeoutMs' | 'version'>,
): Promise<number[]> {
  const client = resources.use(new LapiClient({ timeoutMs: 2000, version: '0.0.0', ...options }))
  const batch = await client.stream({ isStartup: true }, AbortSignal.timeout(5000))
  return [...batch.ids.subarray(0, batch.size)]
}

async function lapiWithTls(): Promise<FakeLapi> {
  const tls = {
    ...server,
    ca: [bouncer.cert, agent.cert],
    requestCert: true,
    rejectUnauthorized: false,
  }
  const fake = resources.use(await FakeLapi.listen({ tls }))
  fake.add('192.0.2.1')
  return fake
}

describe('a Local API with TLS', () => {
  it('knows us by our client certificate, without a key', async () => {
    const { url } = await lapiWithTls()
    expect(url).toMatch(/^https:/)
    expect(await idsOver({ url, tls: { ...bouncer, ca: server.cert } })).toEqual([1])
  })

  it('may still want a key', async () => {
    const { url } = await lapiWithTls()
    expect(await idsOver({ url, apiKey: 'key', tls: { ca: server.cert } })).toEqual([1])
  })

  it('does not take the certificate of something else', async () => {
    const { url } = await lapiWithTls()
    await expect(idsOver({ url, tls: { ...agent, ca: server.cert } })).rejects.toThrow(
      "HTTP 403: the certificate's OU is not in bouncers_allowed_ou",
    )
  })

  it('says so when it is the key that it does not know', async () => {
    const { url } = await lapiWithTls()
    await expect(idsOver({ url, apiKey: 'wrong', tls: { ca: server.cert } })).rejects.toThrow(
      'HTTP 403: the Local API does not know this api_key',
    )
  })

  it('is not trusted by us unless its authority is', async () => {
    const { url } = await lapiWithTls()
    await expect(idsOver({ url, apiKey: 'key' })).rejects.toThrow(/self[- ]signed/)
  })
})

it('a Local API on a unix socket is followed as any other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-lapi-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'lapi.sock')
  const lapi = resources.use(await FakeLapi.listen({ listen: path }))
  lapi.add('192.0.2.1')
  for (const url of [`unix:${path}`, `unix://${path}`])
    expect(await idsOver({ url, apiKey: 'key' })).toEqual([1])
})

it('a Local API below a path is asked there', async () => {
  const lapi = resources.use(await FakeLapi.listen())
  await expect(idsOver({ url: `${lapi.url}/crowdsec/`, apiKey: 'key' })).rejects.toThrow('HTTP 404')
  expect(lapi.requests[0]?.url).toMatch(/^\/crowdsec\/v1\/decisions\/stream\?/)
})
