import { systemClock, type Clock } from '@gatepost/core'
import { FakeLapi, lapiFaults } from '@gatepost/lapi-fake'
import type { FilterState } from '@gatepost/security-crowdsec'
import { freePort } from '@gatepost/security-crowdsec/engine'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { imap, readSubject } from '../../src/demo/imap.ts'
import { jmap } from '../../src/demo/jmap.ts'
import { deliver, smtp } from '../../src/demo/smtp.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { password, TestServer } from '../support/test-server.ts'

const owner = { user: 'me@example.test', password }
const banned = '127.0.0.66'
const stranger = '127.0.0.67'

let resources: AsyncDisposableStack
let skippedMs: number
const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() + skippedMs,
}
beforeEach(() => {
  resources = new AsyncDisposableStack()
  skippedMs = 0
})
afterEach(() => resources.disposeAsync())

async function startServer(url: string, timeoutSeconds = '0.2'): Promise<TestServer> {
  return resources.use(
    await TestServer.start({
      clock,
      environment: {
        GATEPOST__CROWDSEC__LAPI_URL: url,
        GATEPOST__CROWDSEC__API_KEY: 'key',
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.1',
        GATEPOST__CROWDSEC__TIMEOUT_SECONDS: timeoutSeconds,
      },
    }),
  )
}
async function lapiThatBans(address: string, listen = 0): Promise<FakeLapi> {
  const lapi = await FakeLapi.listen({ listen })
  lapi.add(address)
  return lapi
}
function visitor(server: TestServer, address: string): Visitor {
  return new Visitor(address, server)
}
/** A mail comes in over SMTP and is read over IMAP. */
async function exchangeMail(server: TestServer, address: string): Promise<void> {
  const subject = `for ${address}`
  const envelope = { from: 'a@example.org', to: owner.user }
  await deliver(visitor(server, address), envelope, [`Subject: ${subject}`, '', 'x'])
  expect(await readSubject(visitor(server, address), owner)).toBe(subject)
}
async function expectRefused(server: TestServer, address: string): Promise<void> {
  for (const protocol of [smtp, imap, jmap])
    expect(await protocol.knock(visitor(server, address))).toMatch(protocol.refusal)
}
async function admin(server: TestServer, path: string): Promise<{ status: number; text: string }> {
  const { statusCode, body } = await request(`http://127.0.0.1:${server.port('admin')}${path}`)
  return { status: statusCode, text: await body.text() }
}
/** What operators see: mail is taken, CrowdSec is not well. */
async function expectDegraded(
  server: TestServer,
  reason: RegExp,
  state: FilterState = 'stale',
): Promise<void> {
  const ready = await admin(server, '/readyz')
  expect(ready.status).toBe(200)
  expect(JSON.parse(ready.text)).toMatchObject({
    status: 'degraded',
    checks: { crowdsec: { state, lastError: expect.stringMatching(reason) } },
  })
  expect((await admin(server, '/metrics')).text).toContain('gatepost_crowdsec_healthy 0')
}
function logged(server: TestServer, text: string): string[] {
  return server.logLines.filter((line) => line.includes(text))
}
function isStale(server: TestServer): boolean {
  return server.running.filter.status().state === 'stale'
}

describe.each([
  ['answers 403', /^HTTP 403: .* api_key$/],
  ['answers 500', /^HTTP 500/],
  ['never answers', /^no answer within 200 ms$/],
  ['answers a byte now and then', /^no answer within 200 ms$/],
  ['resets every connection', /ECONNRESET|other side closed/],
] as const)('a Local API that begins to fail: it %s', (name, reason) => {
  it('mail goes on, known decisions hold, and it is said once in the log and in /readyz and /metrics', async () => {
    const lapi = resources.use(await lapiThatBans(banned))
    const server = await startServer(lapi.url)
    // On a busy machine the first answers may be too late as well.
    await verdictOn(server.running.filter, banned, 'ban')
    server.logLines.length = 0
    await expectRefused(server, banned)
    lapi.fault = lapiFaults[name]
    await lapi.until(() => isStale(server))
    await lapi.asked()
    await expectDegraded(server, reason)
    await expectRefused(server, banned)
    await exchangeMail(server, stranger)
    expect(logged(server, 'Local API does not answer')).toHaveLength(1)

    lapi.fault = undefined
    lapi.add(stranger)
    await verdictOn(server.running.filter, stranger, 'ban')
    expect(JSON.parse((await admin(server, '/readyz')).text)).toMatchObject({ status: 'ready' })
    expect((await admin(server, '/metrics')).text).toContain('gatepost_crowdsec_healthy 1')
    expect(logged(server, 'Local API answers again')).toHaveLength(1)
  })
})

it('a Local API that is not there at the start: the server starts, takes mail, and follows it when it comes', async () => {
  const port = await freePort()
  const server = await startServer(`http://127.0.0.1:${port}`)
  await expectDegraded(server, /ECONNREFUSED/, 'down')
  await exchangeMail(server, banned)
  resources.use(await lapiThatBans(banned, port))
  await verdictOn(server.running.filter, banned, 'ban')
  await expectRefused(server, banned)
  expect(logged(server, 'Local API does not answer')).toHaveLength(1)
})

it('a Local API that hangs at the start keeps nobody waiting longer than its timeout', async () => {
  const lapi = resources.use(await lapiThatBans(banned))
  lapi.fault = lapiFaults['never answers']
  const server = await startServer(lapi.url)
  expect(server.running.filter.status().lastError).toBe('no answer within 200 ms')
  await exchangeMail(server, stranger)
})

it('nobody at the door waits for an answer that is on its way', async () => {
  const lapi = resources.use(await lapiThatBans(banned))
  const server = await startServer(lapi.url, '60')
  let isOpen = false
  lapi.fault = (_request, response) => {
    isOpen = true
    response.once('close', () => (isOpen = false))
  }
  await lapi.asked()
  expect(await smtp.knock(visitor(server, stranger))).toMatch(smtp.welcome)
  expect(await smtp.knock(visitor(server, banned))).toMatch(smtp.refusal)
  expect(isOpen).toBe(true)
})

it('a Local API that dies for good: a ban holds to its own end, and no longer', async () => {
  const lapi = await lapiThatBans(banned)
  const server = await startServer(lapi.url)
  await lapi[Symbol.asyncDispose]()
  skippedMs = 4 * 3_600_000 - 60_000
  await expectRefused(server, banned)
  skippedMs += 60_000
  for (const protocol of [smtp, imap, jmap])
    expect(await protocol.knock(visitor(server, banned))).toMatch(protocol.welcome)
  await exchangeMail(server, banned)
})
