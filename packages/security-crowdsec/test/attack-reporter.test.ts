import { parseNetwork } from '@gatepost/core'
import { FakeLapi } from '@gatepost/lapi-fake'
import { createLogger, silentLogger } from '@gatepost/telemetry'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { AttackReporter, Heartbeat, MachineClient, watchSecurityLines } from '../src/index.ts'

const machine = { machine_id: 'mail', password: 'secret' }
let lapi: FakeLapi
let client: MachineClient
let reporter: AttackReporter
let resources: AsyncDisposableStack
let skippedMs: number

beforeEach(async () => {
  skippedMs = 0
  resources = new AsyncDisposableStack()
  lapi = resources.use(await FakeLapi.listen({ machines: [machine] }))
  client = newClient('secret')
  reporter = newReporter()
})
afterEach(() => resources.disposeAsync())

function newClient(password: string): MachineClient {
  return resources.use(
    new MachineClient({
      url: lapi.url,
      machineId: 'mail',
      password,
      timeoutMs: 2000,
      version: '1.2.3',
    }),
  )
}
function newReporter(maxWaiting = 100): AttackReporter {
  return resources.use(
    new AttackReporter({
      post: (alerts, signal) => client.postAlerts(alerts, signal),
      events: ['smuggling_attempt', 'trap_rcpt'],
      neverBan: [parseNetwork('127.0.0.0/8')].filter((network) => network !== undefined),
      clock: { now: () => 0, monotonic: () => skippedMs },
      logger: silentLogger,
      random: () => 0,
      maxWaiting,
    }),
  )
}
const line = {
  log: 'security',
  event: 'protocol_abuse',
  kind: 'smuggling_attempt',
  protocol: 'smtp',
  listener: 'mx',
  time: '2026-01-01T00:00:00.000Z',
}

function alertCount(count: number): Promise<void> {
  return lapi.until(() => lapi.machines.alerts.length >= count)
}

it('posts an attack with everything that an alert needs, and without a decision of its own', async () => {
  reporter.note({ ...line, ip: '192.0.2.1', detail: 'bare LF' })
  await alertCount(1)
  expect(lapi.machines.alerts).toEqual([
    {
      scenario: 'gatepost/report-smuggling-attempt',
      scenario_hash: '',
      scenario_version: '',
      message: 'smuggling_attempt from 192.0.2.1 over smtp',
      events_count: 1,
      start_at: line.time,
      stop_at: line.time,
      capacity: 0,
      leakspeed: '0s',
      simulated: false,
      remediation: true,
      kind: 'crowdsec',
      source: { scope: 'Ip', value: '192.0.2.1', ip: '192.0.2.1' },
      events: [
        {
          timestamp: line.time,
          meta: [
            { key: 'service', value: 'smtp' },
            { key: 'listener', value: 'mx' },
            { key: 'detail', value: 'bare LF' },
          ],
        },
      ],
    },
  ])
  expect(lapi.requests[0]?.headers['user-agent']).toBe('crowdsec-gatepost-bouncer/v1.2.3')
})

it('reports what it is told to, nobody twice a minute, and never those who are never banned', async () => {
  reporter.note({ ...line, ip: '127.0.0.9' })
  reporter.note({ ...line, kind: 'line_too_long', ip: '192.0.2.2' })
  reporter.note({ ...line, event: 'auth_failed', kind: 'x', ip: '192.0.2.3' })
  reporter.note({ ...line, ip: 'nonsense' })
  for (let count = 0; count < 5; count += 1) reporter.note({ ...line, ip: '192.0.2.4' })
  reporter.note({ ...line, event: 'trap_rcpt', kind: 'x', ip: '192.0.2.4' })
  await alertCount(2)
  expect(lapi.machines.alerts.map(({ message }) => message)).toEqual([
    'smuggling_attempt from 192.0.2.4 over smtp',
    'trap_rcpt from 192.0.2.4 over smtp',
  ])
  skippedMs = 61_000
  reporter.note({ ...line, ip: '192.0.2.4' })
  await alertCount(3)
})

it('sends many at once as few requests, and logs in once', async () => {
  for (let count = 0; count < 100; count += 1) reporter.note({ ...line, ip: `192.0.2.${count}` })
  await alertCount(100)
  expect(lapi.machines.logins).toEqual(['mail'])
  expect(lapi.requests.filter(({ url }) => url === '/v1/alerts')).toHaveLength(2)
})

it('logs in again when its token is worth nothing any more', async () => {
  reporter.note({ ...line, ip: '192.0.2.1' })
  await alertCount(1)
  lapi.machines.forgetTokens()
  reporter.note({ ...line, ip: '192.0.2.2' })
  await alertCount(2)
  expect(lapi.machines.logins).toHaveLength(2)
})

it('keeps what it cannot send, up to a bound', async () => {
  reporter = newReporter(3)
  lapi.fault = (request) => request.socket.resetAndDestroy()
  for (let count = 0; count < 5; count += 1) reporter.note({ ...line, ip: `192.0.2.${count}` })
  await lapi.answered()
  lapi.fault = undefined
  await alertCount(3)
  expect(reporter.dropped).toBe(2)
})

it('a wrong password is an error in words', async () => {
  await expect(newClient('wrong').postAlerts([], AbortSignal.timeout(2000))).rejects.toThrow(
    'HTTP 401',
  )
})

it('an IPv6 attacker is reported with his /64, once, whatever address of it he takes', async () => {
  for (const host of ['1', 'ffff:1']) reporter.note({ ...line, ip: `2001:db8::${host}` })
  reporter.note({ ...line, ip: '192.0.2.1' })
  await alertCount(2)
  expect(lapi.machines.alerts.map(({ source }) => source)).toEqual([
    { scope: 'Range', value: '2001:db8::/64', range: '2001:db8::/64', ip: '2001:db8::1' },
    { scope: 'Ip', value: '192.0.2.1', ip: '192.0.2.1' },
  ])
})

it('a source of good mail is not reported for what one of its customers can cause', async () => {
  expect(reporter.note({ ...line, ip: '192.0.2.1', known: 'mail' })).toBe(false)
  expect(reporter.note({ ...line, ip: '192.0.2.2', known: 'login' })).toBe(true)
  await alertCount(1)
  expect(lapi.machines.alerts).toMatchObject([{ source: { value: '192.0.2.2' } }])
})

it('a Local API that does not like the kind of an alert gets it without', async () => {
  lapi.machines.takesKinds = false
  reporter.note({ ...line, ip: '192.0.2.1' })
  await alertCount(1)
  expect(lapi.machines.alerts[0]).not.toHaveProperty('kind')
})

it('one attack is told once: a line that is reported says so, and while reports fail it does not', async () => {
  const written: string[] = []
  const log = watchSecurityLines({ write: (text) => written.push(text) }, (read) =>
    reporter.note(read),
  )
  const write = (ip: string, more: object = {}): void =>
    log.write(`${JSON.stringify({ ...line, ip, ...more })}\n`)
  const isMarked = (): boolean => written.at(-1)?.endsWith(',"reported":"yes"}\n') === true
  write('192.0.2.1')
  expect(isMarked()).toBe(true)
  write('192.0.2.1')
  expect(isMarked()).toBe(true)
  write('192.0.2.2', { kind: 'line_too_long' })
  expect(isMarked()).toBe(false)
  write('127.0.0.1')
  expect(isMarked()).toBe(false)
  await alertCount(1)
  lapi.fault = (request) => request.socket.resetAndDestroy()
  write('192.0.2.3')
  expect(isMarked()).toBe(true)
  await lapi.answered()
  while (reporter.isTaking) await new Promise(setImmediate)
  write('192.0.2.4')
  expect(isMarked()).toBe(false)
  lapi.fault = undefined
  await alertCount(2)
  while (!reporter.isTaking) await new Promise(setImmediate)
  write('192.0.2.5')
  expect(isMarked()).toBe(true)
  await alertCount(3)
  expect(written.every((text) => JSON.parse(text) !== null)).toBe(true)
})

it('reports that are refused for good leave everything to the scenarios, but for one that is tried now and then', async () => {
  client = newClient('wrong')
  expect(reporter.note({ ...line, ip: '192.0.2.1' })).toBe(true)
  while (reporter.dropped === 0) await new Promise(setImmediate)
  expect(reporter.note({ ...line, ip: '192.0.2.2' })).toBe(false)
  client = newClient('secret')
  await alertCount(1)
  while (!reporter.isTaking) await new Promise(setImmediate)
  expect(lapi.machines.alerts).toMatchObject([{ source: { value: '192.0.2.2' } }])
  expect(reporter.note({ ...line, ip: '192.0.2.3' })).toBe(true)
  await alertCount(2)
})

it('its machine sends a heartbeat while it lives, logs in again for it, and sends none after', async () => {
  const log: string[] = []
  const logger = createLogger('info', { write: (text) => log.push(text) })
  const heartbeat = new Heartbeat({
    beat: (signal) => client.heartbeat(signal),
    logger,
    everyMs: 1,
  })
  await lapi.until(() => lapi.machines.heartbeats >= 2)
  lapi.machines.forgetTokens()
  await lapi.until(() => lapi.machines.heartbeats >= 4)
  expect(lapi.machines.logins).toHaveLength(2)
  lapi.fault = (request) => request.socket.resetAndDestroy()
  await lapi.answered(3)
  lapi.fault = undefined
  const before = lapi.machines.heartbeats
  await lapi.until(() => lapi.machines.heartbeats > before)
  await heartbeat[Symbol.asyncDispose]()
  expect(log.filter((text) => text.includes('heartbeat'))).toHaveLength(1)
  const after = lapi.requests.length
  await new Promise(setImmediate)
  expect(lapi.requests).toHaveLength(after)
})

it('the lines of the security log reach it, and the log', async () => {
  const written: string[] = []
  const log = watchSecurityLines({ write: (text) => written.push(text) }, (read) =>
    reporter.note(read),
  )
  log.write('{"level":"info"}\n')
  log.write(`${JSON.stringify({ ...line, ip: '192.0.2.1' })}\n`)
  await alertCount(1)
  expect(written).toHaveLength(2)
})
