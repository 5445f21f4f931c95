import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { RotatingFile } from '@gatepost/security-crowdsec'
import {
  findEngine,
  startEngine,
  type Engine,
  type RunningEngine,
} from '@gatepost/security-crowdsec/engine'
import { createLogger } from '@gatepost/telemetry'
import { missing } from '@gatepost/testkit'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { GatepostProcess } from '../support/gatepost-process.ts'

const found = await findEngine(process.env)
let folder: string
let log: string[]
let waiting: (() => void)[]
let resources: AsyncDisposableStack

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-engine-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  log = []
  waiting = []
})
afterEach(() => resources.disposeAsync())

function hear(line: string): void {
  log.push(line)
  for (const resolve of waiting.splice(0)) resolve()
}
/** Resolves when the text has been logged that often. */
async function logged(text: string, times: number): Promise<void> {
  while (log.filter((line) => line.includes(text)).length < times)
    await new Promise<void>((resolve) => waiting.push(resolve))
}
async function start(engine: Engine): Promise<RunningEngine> {
  return resources.use(
    await startEngine({
      engine,
      folder: join(folder, 'crowdsec'),
      securityFile: join(folder, 'security.ndjson'),
      logger: createLogger('info', { write: hear }),
    }),
  )
}
function brokenEngine(crowdsec: string, cscli: string): Engine {
  return { crowdsec, cscli, version: 'v1.7.8', patterns: folder, libraryPath: undefined }
}
function lineOf(event: Readonly<Record<string, string>>, secondsAgo = 0): string {
  const time = new Date(Date.now() - secondsAgo * 1000).toISOString()
  const common = { log: 'security', v: '1', time, protocol: 'smtp' }
  return `${JSON.stringify({ ...common, ...event })}\n`
}
function tryOf(ip: string, pwfp: string, secondsAgo?: number): string {
  return lineOf({ event: 'auth_failed', ip, user: `of-${ip}@example.test`, pwfp }, secondsAgo)
}
function write(...lines: readonly string[]): void {
  appendFileSync(join(folder, 'security.ndjson'), lines.join(''))
}
function attackFrom(ip: string, secondsAgo?: number): void {
  write(...Array.from({ length: 6 }, (_, count) => tryOf(ip, `0000000${count}`, secondsAgo)))
}
async function decided({ lapi }: RunningEngine): Promise<string> {
  const { body } = await request(`${lapi.url}/v1/decisions`, {
    headers: { 'x-api-key': lapi.apiKey },
  })
  return body.text()
}
async function untilDecided(engine: RunningEngine, ip: string): Promise<void> {
  let decisions = ''
  while (!decisions.includes(`"${ip}"`)) decisions = await decided(engine)
}
function pidOf(): number {
  return Number(readFileSync(join(folder, 'crowdsec/pid'), 'utf8'))
}
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the engine as a child', () => {
  it('keeps its key and its decisions from one start to the next', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const first = await start(found)
    await first.ready
    attackFrom('192.0.2.66')
    await untilDecided(first, '192.0.2.66')
    await first[Symbol.asyncDispose]()
    expect(existsSync(join(folder, 'crowdsec/pid'))).toBe(false)

    const second = await start(found)
    expect(second.lapi.apiKey).toBe(first.lapi.apiKey)
    expect(second.lapi.apiKey).toMatch(/^[0-9a-f]{64}$/)
    expect(await decided(second)).toContain('"192.0.2.66"')
    await second.ready
    attackFrom('192.0.2.67')
    await untilDecided(second, '192.0.2.67')
  })

  it('decides as the profiles say, and never against the machine itself', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const engine = await start(found)
    await engine.ready
    attackFrom('127.0.0.1')
    for (let count = 0; count < 11; count += 1) {
      const what = { reason: 'bad_password', user: 'you@example.test', pwfp: `1000000${count % 9}` }
      write(lineOf({ event: 'auth_failed', ip: `192.0.2.${count}`, ...what }))
    }
    write(lineOf({ event: 'outbound_burst', ip: '192.0.2.99', user: 'me@example.test' }))
    attackFrom('192.0.2.66')
    for (const value of ['you@example.test', 'me@example.test', '192.0.2.66'])
      await untilDecided(engine, value)
    const decisions = JSON.parse(await decided(engine)) as readonly Record<string, string>[]
    expect(
      decisions.map(({ scope, type, value }) => `${scope} ${type} ${value}`).toSorted(),
    ).toEqual([
      'Ip ban 192.0.2.66',
      'username hold me@example.test',
      'username throttle you@example.test',
    ])
  })

  it('leaves out what is read long after it happened, as after a restart of a container', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const engine = await start(found)
    await engine.ready
    const [minute, hour, day] = [60, 3600, 86_400]
    for (const [index, secondsAgo] of [10 * minute, hour, 23 * hour, day + minute].entries())
      attackFrom(`192.0.2.${index + 1}`, secondsAgo)
    // A clock may be wrong by a little, either way.
    attackFrom('192.0.2.66', 4 * minute)
    attackFrom('192.0.2.67', -2 * minute)
    for (const ip of ['192.0.2.66', '192.0.2.67']) await untilDecided(engine, ip)
    const decisions = JSON.parse(await decided(engine)) as readonly Record<string, string>[]
    expect(decisions.map(({ value = '' }) => value).toSorted()).toEqual([
      '192.0.2.66',
      '192.0.2.67',
    ])
  })

  it('follows the security events through a rotation of their file', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const engine = await start(found)
    await engine.ready
    const path = join(folder, 'security.ndjson')
    const file = new RotatingFile({ path, maxBytes: 100, kept: 1, onLost: () => undefined })
    resources.use(file)
    const tries = [1, 2, 3, 4, 5, 6].map((count) => tryOf('192.0.2.68', `0000000${count}`))
    // The first one alone: what comes while it is written goes into the next file.
    for (const lines of [tries[0] ?? '', tries.slice(1).join('')]) file.write(lines)
    await untilDecided(engine, '192.0.2.68')
    expect(readFileSync(`${path}.1`, 'utf8')).toBe(tries[0])
  })

  it('is started again when it ends, and that is in the log', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const engine = await start(found)
    await engine.ready
    const pid = pidOf()
    process.kill(pid, 'SIGKILL')
    await logged('CrowdSec engine reads the security events', 2)
    expect(pidOf()).not.toBe(pid)
    expect(log.filter((line) => line.includes('CrowdSec engine does not run'))).toHaveLength(1)
    expect(log.join('')).toContain('the CrowdSec engine ended (137)')
    attackFrom('192.0.2.66')
    await untilDecided(engine, '192.0.2.66')
  })

  it.each([
    ['that ends at once', '/bin/false', '/bin/true'],
    ['that is not there', '/nowhere/crowdsec', '/bin/true'],
    ['that cannot be set up', '/bin/true', '/bin/false'],
  ])('%s keeps no mail from going: it is said, and not ready', async (_name, crowdsec, cscli) => {
    const engine = await start(brokenEngine(crowdsec, cscli))
    await expect(engine.ready).rejects.toThrow(/engine ended \((?:1|127)\)|Command failed/)
    expect(log.filter((line) => line.includes('CrowdSec engine does not run'))).toHaveLength(1)
  })
})

describe('npm start', () => {
  it('on a machine with the engine: the newcomer is protected at once, and the engine goes with the server', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const server = resources.use(
      new GatepostProcess({ folder, environment: { GATEPOST__CROWDSEC__ENGINE: 'auto' } }),
    )
    const banner = await server.ready()
    expect(banner).toMatch(/CrowdSec: healthy, 0 decisions\. Engine v\S+ runs as a child/)
    const [mx, submissions] = [server.port('SMTP  mail from'), server.port('SMTP  sending, TLS')]
    const attacker = new Visitor('127.0.0.66', {
      port: (listener) => (listener === 'mx' ? mx : submissions),
      certificate: readFileSync(join(folder, 'data/tls/certificate.pem'), 'utf8'),
    })
    using open = attacker.open('mx')
    expect(await open.hear()).toMatch(smtp.welcome)
    const pid = Number(readFileSync(join(folder, 'data/crowdsec/pid'), 'utf8'))
    // The server is ready before the engine follows its log; a real attacker does not stop at six.
    const cut = new AbortController()
    const end = open.rest().finally(() => cut.abort())
    for (let guess = 0; !cut.signal.aborted; guess += 1)
      await smtp
        .logIn(attacker, { user: 'me@example.test', password: `guess${guess}` })
        .catch(() => undefined)
    expect((await end).at(-1)).toMatch(smtp.farewell)
    expect(await smtp.knock(attacker)).toMatch(smtp.refusal)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(isRunning(pid)).toBe(false)
  })

  it('killed with SIGKILL takes the engine with it', async (context) => {
    if (found === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const server = resources.use(
      new GatepostProcess({ folder, environment: { GATEPOST__CROWDSEC__ENGINE: 'auto' } }),
    )
    await server.until(() => server.stdout.includes('CrowdSec engine reads the security events'))
    const pid = Number(readFileSync(join(folder, 'data/crowdsec/pid'), 'utf8'))
    expect(isRunning(pid)).toBe(true)
    await server.stop('SIGKILL')
    while (isRunning(pid)) await new Promise(setImmediate)
  })
})
