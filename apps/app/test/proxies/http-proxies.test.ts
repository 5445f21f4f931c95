import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'

import { makeSelfSignedCertificate } from '@gatepost/gate'
import { request as undici } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { requirePrograms } from '../mail/support/external-program.ts'
import { password, TestServer } from '../support/test-server.ts'
import { HttpProxy, programOf, proxyNames, type ProxyName } from './http-proxy.ts'

const client = '127.0.0.77'
const host = 'mail.example.test'
let resources: AsyncDisposableStack
let server: TestServer
let proxy: HttpProxy

beforeEach(() => {
  resources = new AsyncDisposableStack()
})
afterEach(() => resources.disposeAsync())

async function start(name: ProxyName, trusted: string): Promise<void> {
  server = resources.use(
    await TestServer.start({ environment: { GATEPOST__PROXY__TRUSTED: trusted } }),
  )
  const folder = join(server.folder, 'proxy')
  mkdirSync(folder)
  const { certificate, key } = await makeSelfSignedCertificate([host], Date.now())
  writeFileSync(join(folder, 'certificate.pem'), certificate)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
  const upstreamPort = server.port('http')
  proxy = resources.use(await HttpProxy.start(name, { folder, upstreamPort }))
}

async function ask(
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string }> {
  const sent = request({
    host: '127.0.0.1',
    port: proxy.port,
    localAddress: client,
    path: '/.well-known/jmap',
    servername: host,
    rejectUnauthorized: false,
    agent: false,
    headers: { host, ...headers },
  }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, text }
}
function login(secret: string): { authorization: string } {
  return { authorization: `Basic ${btoa(`me@example.test:${secret}`)}` }
}
function events(): { event: string; ip: string; tls: string }[] {
  return server.securityLines.map(
    (line) => JSON.parse(line) as { event: string; ip: string; tls: string },
  )
}
const lies = {
  forwarded: 'for=198.51.100.23;proto=https;host=evil.example',
  'x-forwarded-for': '198.51.100.23',
  'x-forwarded-host': 'evil.example',
  'x-real-ip': '198.51.100.23',
  'x-client-ip': '127.0.0.1',
  'true-client-ip': '198.51.100.23',
  'cf-connecting-ip': '127.0.0.1',
}

describe.each(proxyNames)('behind %s as docs/deployment.md shows it', (name) => {
  beforeEach((context) => requirePrograms(context, programOf(name)))

  it('the client is who it is, whatever it sends, and the session names the host it asked for', async () => {
    await start(name, '127.0.0.1')
    expect((await ask({ ...login('wrong'), ...lies })).status).toBe(401)
    expect((await ask({ ...login('wrong'), forwarded: 'for=127.0.0.1' })).status).toBe(401)
    const answer = await ask({ ...login(password), ...lies })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ apiUrl: `https://${host}/jmap/api` })
    expect(events().map(({ event, ip, tls }) => `${event} ${ip} ${tls}`)).toEqual([
      `auth_failed ${client} yes`,
      `auth_failed ${client} yes`,
      `auth_success ${client} yes`,
    ])
  })

  it('no password is taken until the proxy is trusted, which is said once and in /readyz', async () => {
    await start(name, '192.0.2.1')
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await ask(login(password))
      expect([status, text]).toEqual([403, expect.stringContaining('proxy.trusted')])
    }
    expect(events()).toEqual([])
    const warnings = server.logLines.filter((line) => line.includes('proxy that is not in'))
    expect(warnings).toHaveLength(1)
    const readyz = await undici(`http://127.0.0.1:${server.port('admin')}/readyz`)
    expect(await readyz.body.json()).toMatchObject({
      status: 'degraded',
      checks: { clients: { state: 'suspicious', unlistedProxies: ['127.0.0.1'] } },
    })
  })
})
