import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FakeLapi, lapiFaults } from '@gatepost/lapi-fake'
import { LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { TestServer } from '../support/test-server.ts'

const attacker = '127.0.0.66'
let resources: AsyncDisposableStack
let folder: string
let lapi: FakeLapi

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-wiring-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  lapi = resources.use(
    await FakeLapi.listen({
      keys: ['key', 'live'],
      machines: [{ machine_id: 'mail', password: 'secret' }],
    }),
  )
})
afterEach(() => resources.disposeAsync())

async function startServer(crowdsec: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const settings = Object.entries(crowdsec).map(([key, value]) => [
    `GATEPOST__CROWDSEC__${key.toUpperCase()}`,
    value,
  ])
  return resources.use(
    await TestServer.start({
      environment: {
        GATEPOST__DATA: join(folder, 'data'),
        GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
        GATEPOST__CROWDSEC__API_KEY: 'key',
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.1',
        ...(Object.fromEntries(settings) as Record<string, string>),
      },
      accounts: [],
    }),
  )
}
function visitor(server: TestServer): Visitor {
  return new Visitor(attacker, server)
}
function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

it('a failed login is followed by a question of its own, and its ban bites without a poll', async () => {
  const server = await startServer({
    poll_seconds: '3600',
    live_api_key_file: write('live', 'live\n'),
  })
  lapi.add(attacker)
  expect(await smtp.knock(visitor(server))).toMatch(smtp.welcome)
  using client = new LineClient({ port: server.port('http'), localAddress: attacker })
  client.send(
    `GET /.well-known/jmap HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${btoa('me@example.test:guess')}\r\n\r\n`,
  )
  await verdictOn(server.running.filter, attacker, 'ban')
  expect(await smtp.knock(visitor(server))).toMatch(smtp.refusal)
})

it('bans survive a restart of the server while the Local API is down', async () => {
  lapi.add(attacker)
  const first = await startServer()
  await first[Symbol.asyncDispose]()
  lapi.fault = lapiFaults['answers 500']
  const second = await startServer()
  expect(second.running.filter.status()).toMatchObject({ decisions: 1, lastSuccessAt: null })
  expect(await smtp.knock(visitor(second))).toMatch(smtp.refusal)
})

it('without a snapshot they do not', async () => {
  lapi.add(attacker)
  const first = await startServer({ snapshot: 'false' })
  await first[Symbol.asyncDispose]()
  lapi.fault = lapiFaults['answers 500']
  const second = await startServer({ snapshot: 'false' })
  expect(await smtp.knock(visitor(second))).toMatch(smtp.welcome)
})

it.each([
  [
    'that is none',
    'hello',
    /countries\.mmdb: \[crowdsec\] mmdb_files: it is no file in mmdb format/,
  ],
  ['that is not there', undefined, /countries\.mmdb: \[crowdsec\] mmdb_files: ENOENT/],
])('an mmdb file %s is an error of the configuration', async (_name, content, message) => {
  const path = join(folder, 'countries.mmdb')
  if (content !== undefined) writeFileSync(path, content)
  await expect(startServer({ mmdb_files: path })).rejects.toThrow(message)
})

it('the Local API is told what was refused, by protocol', async () => {
  lapi.add(attacker)
  const server = await startServer({ usage_metrics_minutes: '0.001' })
  expect(await smtp.knock(visitor(server))).toMatch(smtp.refusal)
  await lapi.until(() => JSON.stringify(lapi.usage).includes('"smtp_dropped"'))
  expect(JSON.stringify(lapi.usage)).toMatch(
    /\{"name":"smtp_dropped","value":1,"unit":"request","labels":\{"origin":"crowdsec","ip_type":"ipv4","remediation":"ban"\}\}/,
  )
})

it('an attack that no honest client makes is reported at once, where that is configured', async () => {
  const server = await startServer({
    machine_id: 'mail',
    machine_password_file: write('password', 'secret\n'),
    report__enabled: 'true',
  })
  using client = new LineClient({ port: server.port('mx'), localAddress: attacker })
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await lapi.until(() => lapi.machines.alerts.length > 0)
  expect(lapi.machines.alerts).toMatchObject([
    {
      scenario: 'gatepost/report-http-on-mail-port',
      remediation: true,
      source: { scope: 'Ip', value: attacker },
    },
  ])
})
