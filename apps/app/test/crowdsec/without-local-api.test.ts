import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock, type Clock } from '@gatepost/core'
import { FakeLapi, lapiFaults } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { imap } from '../../src/demo/imap.ts'
import { jmap } from '../../src/demo/jmap.ts'
import type { Protocol } from '../../src/demo/protocol.ts'
import { smtp } from '../../src/demo/smtp.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { password, TestServer, type TestServerOptions } from '../support/test-server.ts'
import { patience } from './siege.ts'

const owner = { user: 'me@example.test', password }
const [banned, stranger] = ['127.0.0.66', '127.0.0.67']
const minuteMs = 60_000

let resources: AsyncDisposableStack
let lapi: FakeLapi
let skippedMs: number
const clock: Clock = {
  now: () => systemClock.now() + skippedMs,
  monotonic: () => systemClock.monotonic() + skippedMs,
}
beforeEach(async () => {
  resources = new AsyncDisposableStack()
  skippedMs = 0
  lapi = resources.use(await FakeLapi.listen())
  lapi.add({ value: banned, durationMs: 30 * 24 * 60 * minuteMs })
})
afterEach(() => resources.disposeAsync())

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  return resources.use(
    await TestServer.start({
      clock,
      ...options,
      environment: {
        GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
        GATEPOST__CROWDSEC__API_KEY: 'key',
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.1',
        GATEPOST__CROWDSEC__DOWN_AFTER_SECONDS: '60',
        ...options.environment,
      },
    }),
  )
}
function visitor(server: TestServer, address: string): Visitor {
  return new Visitor(address, server)
}
async function failing(server: TestServer): Promise<void> {
  lapi.fault = lapiFaults['answers 500']
  await lapi.until(() => server.running.filter.status().state !== 'healthy')
}
async function expectDoors(
  server: TestServer,
  expected: readonly (readonly [Protocol, RegExp])[],
): Promise<void> {
  for (const [protocol, words] of expected) {
    expect(await protocol.knock(visitor(server, stranger))).toMatch(words)
    expect(await protocol.knock(visitor(server, banned))).not.toMatch(protocol.welcome)
  }
}

describe('each listener has a failure policy of its own', () => {
  it('closed lets nobody in once the Local API is down, last_known once what is known is too old, open goes on', async () => {
    const server = await start({
      environment: {
        GATEPOST__LISTEN__MX__ON_FAILURE: 'closed',
        GATEPOST__LISTEN__IMAP__ON_FAILURE: 'last_known',
        GATEPOST__REMEDIATION__LAST_KNOWN_HOURS: '2',
      },
    })
    using open = await smtp.stay(visitor(server, stranger), owner)
    const everybody = [
      [smtp, smtp.welcome],
      [imap, imap.welcome],
      [jmap, jmap.welcome],
    ] as const
    await expectDoors(server, everybody)
    await failing(server)
    expect(server.running.filter.status().state).toBe('stale')
    await expectDoors(server, everybody)

    skippedMs = 2 * minuteMs
    expect(server.running.filter.status().state).toBe('down')
    await expectDoors(server, [
      [smtp, /^421 4\.7\.0 Service not available/],
      [imap, imap.welcome],
      [jmap, jmap.welcome],
    ])
    skippedMs = 121 * minuteMs
    await expectDoors(server, [
      [smtp, /^421 4\.7\.0 Service not available/],
      [imap, /^\* BYE /],
      [jmap, jmap.welcome],
    ])
    expect(await open.ask('NOOP', /^\d{3} /)).toMatch(/^250 /)

    lapi.fault = undefined
    await vi.waitUntil(() => server.running.filter.status().state === 'healthy', patience)
    await expectDoors(server, everybody)
  })

  it('for all of them: closed refuses whom the Local API never spoke of, and says so over HTTP', async () => {
    lapi.fault = lapiFaults['answers 500']
    const server = await start({ environment: { GATEPOST__REMEDIATION__ON_FAILURE: 'closed' } })
    expect(await smtp.knock(visitor(server, stranger))).toMatch(
      /^421 4\.7\.0 Service not available/,
    )
    expect(await imap.knock(visitor(server, stranger))).toMatch(/^\* BYE /)
    expect(await jmap.knock(visitor(server, stranger))).toMatch(/^HTTP\/1\.1 503 /)
    lapi.fault = undefined
    await vi.waitUntil(() => server.running.filter.status().state === 'healthy', patience)
    await expectDoors(server, [
      [smtp, smtp.welcome],
      [imap, imap.welcome],
      [jmap, jmap.welcome],
    ])
  })
})

describe('our own restart while the Local API is away', () => {
  it('bans hold from the snapshot, mail goes on, and the Local API is followed again when it comes', async () => {
    const data = mkdtempSync(join(tmpdir(), 'gatepost-restart-'))
    resources.defer(() => rmSync(data, { recursive: true, force: true }))
    const environment = { GATEPOST__DATA: data }
    const first = await start({ environment })
    expect(await smtp.knock(visitor(first, banned))).toMatch(smtp.refusal)
    lapi.fault = lapiFaults['resets every connection']
    await first[Symbol.asyncDispose]()
    skippedMs = 2 * minuteMs

    const second = await start({ environment, accounts: [] })
    expect(second.running.filter.status()).toMatchObject({ state: 'down', decisions: 1 })
    for (const protocol of [smtp, imap, jmap]) {
      expect(await protocol.knock(visitor(second, banned))).toMatch(protocol.refusal)
      expect(await protocol.knock(visitor(second, stranger))).toMatch(protocol.welcome)
    }
    expect(await smtp.logIn(visitor(second, stranger), owner)).toMatch(/^235 /)

    lapi.fault = undefined
    lapi.add(stranger)
    await vi.waitUntil(() => second.running.filter.status().decisions === 2, patience)
    expect(await smtp.knock(visitor(second, stranger))).toMatch(smtp.refusal)
  })
})
