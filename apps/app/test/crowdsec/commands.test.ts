import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { FakeLapi } from '@gatepost/lapi-fake'
import { CrowdsecFilter } from '@gatepost/security-crowdsec'
import { findEngine, startEngine } from '@gatepost/security-crowdsec/engine'
import { silentLogger } from '@gatepost/telemetry'
import { missing } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { TestServer } from '../support/test-server.ts'

let resources: AsyncDisposableStack
let folder: string
let lapi: FakeLapi
let server: TestServer | undefined

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-cli-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  lapi = resources.use(
    await FakeLapi.listen({ machines: [{ machine_id: 'mail', password: 'secret' }] }),
  )
  server = undefined
  writeFileSync(join(folder, 'password'), 'secret\n')
})
afterEach(() => resources.disposeAsync())

async function startServer(): Promise<TestServer> {
  server = resources.use(
    await TestServer.start({
      environment: {
        GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
        GATEPOST__CROWDSEC__API_KEY: 'key',
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.1',
      },
    }),
  )
  return server
}
async function gatepost(args: readonly string[], more = ''): Promise<CommandResult> {
  const config = join(folder, 'gatepost.toml')
  const admin = server === undefined ? 1 : server.port('admin')
  const access = more.includes('no lapi') ? '' : `lapi_url = "${lapi.url}"\napi_key = "key"\n`
  writeFileSync(
    config,
    `data = "data"\n[listen.admin]\naddress = "127.0.0.1:${admin}"\n[crowdsec]\nengine = "off"\n${access}${more}\n`,
  )
  return runCommand(config, args)
}
const machine = 'machine_id = "mail"\nmachine_password_file = "password"'

describe.each(['with the running server', 'from the Local API alone'])('%s', (name) => {
  beforeEach(async () => {
    lapi.add({ value: '192.0.2.1', durationMs: 7_200_500 })
    lapi.add({ value: '192.0.2.0/24', type: 'captcha', origin: 'cscli', scenario: 'by hand' })
    lapi.add({ value: 'me@example.test', scope: 'username', type: 'throttle' })
    lapi.add('127.0.0.1')
    if (name.startsWith('with')) await startServer()
  })

  it('status tells how well decisions come in', async () => {
    const { out, code } = await gatepost(['crowdsec', 'status'])
    expect(out).toMatch(
      /^healthy: 4 decisions, last answer 20\S+Z, known since \S+ ago \(from the (?:server|local api)\)\n$/,
    )
    expect(code).toBe(0)
    const json = JSON.parse((await gatepost(['crowdsec', 'status', '--json'])).out) as object
    expect(json).toMatchObject({
      state: 'healthy',
      decisions: 4,
      lastError: null,
      ageMs: expect.any(Number),
    })
  })

  it('decisions lists them all', async () => {
    const { out } = await gatepost(['crowdsec', 'decisions'])
    expect(out).toMatch(/^ID +SCOPE +VALUE +TYPE +SCENARIO +ORIGIN +REMAINING +ENDS\n/)
    expect(out).toMatch(/1 +ip +192\.0\.2\.1 +ban +gatepost\/mail-bf +crowdsec +[12]h\S+ +20/)
    expect(out.trim().split('\n')).toHaveLength(5)
  })

  it.each([
    [
      '::ffff:192.0.2.1',
      /^192\.0\.2\.1 is refused: decision 1, gatepost\/mail-bf \(crowdsec\), \S+ to go\nrefuse: mx, [^]*\nID[^]*by hand/,
    ],
    [
      '192.0.2.9',
      /^192\.0\.2\.9 has to prove itself \(captcha\): decision 2, by hand \(cscli\), [34]h\S+ to go\n/,
    ],
    ['ME@example.test', /^ME@example\.test is served slowly \(throttle\): decision 3,/],
    ['127.0.0.1', /^127\.0\.0\.1 may come in: it is never banned[^]*\n4 /],
    ['198.51.100.1', /^198\.51\.100\.1 may come in\nno decision concerns it\n$/],
  ])('explain %s', async (who, words) => {
    expect((await gatepost(['crowdsec', 'explain', who])).out).toMatch(words)
  })

  it('explain as JSON names the decision that counts, and all others', async () => {
    const { out } = await gatepost(['crowdsec', 'explain', '192.0.2.1', '--json'])
    expect(JSON.parse(out)).toMatchObject({
      subject: '192.0.2.1',
      verdict: 'ban',
      because: { id: 1 },
      decisions: [{ id: 1 }, { id: 2, value: '192.0.2.0/24' }],
      listeners: { mx: 'refuse', submission: 'refuse', imaps: 'refuse', http: 'refuse' },
    })
  })

  it('explain says what each listener does', async () => {
    const remediation =
      '[remediation]\nban = "drop"\n[listen.mx]\nban = "tarpit"\n[listen.http]\nban = "ignore"'
    const { out } = await gatepost(['crowdsec', 'explain', '192.0.2.1'], remediation)
    expect(out).toMatch(
      /\ntarpit: mx; drop: submission, submissions, imap, imaps, admin; serve: http\nID/,
    )
  })

  it('explain names the rule by which a foreign list is not carried out everywhere', async () => {
    lapi.add({ value: '203.0.113.1', origin: 'lists', scenario: 'firehol' })
    if (server !== undefined) await verdictOn(server.running.filter, '203.0.113.1', 'ban')
    const { out } = await gatepost(['crowdsec', 'explain', '203.0.113.1'])
    expect(out).toContain(
      '\nrefuse: mx ([remediation.origins] lists = "until_login"); slow: submission, submissions, imap, imaps, http, admin ([remediation.origins] lists = "until_login")\n',
    )
    const json = await gatepost(['crowdsec', 'explain', '203.0.113.1', '--json'])
    expect(JSON.parse(json.out)).toMatchObject({
      listeners: { mx: 'refuse', imaps: 'slow' },
      rules: { mx: 'lists = "until_login"', imaps: 'lists = "until_login"' },
    })
  })

  it('unban deletes what is on the address, and says what is left', async () => {
    const { out, code } = await gatepost(['crowdsec', 'unban', '192.0.2.1'], machine)
    expect(out).toMatch(/^deleted 1 decision on 192\.0\.2\.1; these are wider[^]*192\.0\.2\.0\/24/)
    expect(code).toBe(0)
    expect(lapi.active).toEqual([2, 3, 4])
    if (server !== undefined) await verdictOn(server.running.filter, '192.0.2.1', 'captcha')
  })

  it.each([
    ['192.0.2.0/24', [1, 3, 4]],
    ['Me@example.test', [1, 2, 4]],
  ])('unban %s', async (target, left) => {
    const { out } = await gatepost(['crowdsec', 'unban', target], machine)
    expect(out).toBe(`deleted 1 decision on ${target}\n`)
    expect(lapi.active).toEqual(left)
  })

  it('unban without a machine refuses, and says what to do instead', async () => {
    expect(await gatepost(['crowdsec', 'unban', '192.0.2.1'])).toMatchObject({
      code: 1,
      error: expect.stringMatching(/machine_id[^]*\n {2}cscli decisions delete --id 1\n$/),
    })
    expect(lapi.active).toHaveLength(4)
  })

  it('unban of somebody who is free is refused', async () => {
    expect(await gatepost(['crowdsec', 'unban', '198.51.100.1'], machine)).toMatchObject({
      code: 1,
      error: 'gatepost: nothing is decided against 198.51.100.1\n',
    })
  })

  it('simulate lists what is simulated only', async () => {
    lapi.add({ value: '127.0.0.66', simulated: true, scenario: 'gatepost/mail-slow-bf' })
    if (server !== undefined) await smtp.knock(new Visitor('127.0.0.66', server))
    const { out } = await gatepost(['crowdsec', 'simulate'])
    expect(out).toMatch(/5 +ip +127\.0\.0\.66 +ban +gatepost\/mail-slow-bf/)
    expect(out).not.toContain('192.0.2')
    expect(out).toMatch(
      server === undefined
        ? /no client of late would have been refused/
        : /CLIENT +WOULD +SCENARIO +DECISION\n127\.0\.0\.66 +ban +gatepost\/mail-slow-bf +5\n$/,
    )
    const json = JSON.parse((await gatepost(['crowdsec', 'simulate', '--json'])).out) as object
    expect(json).toMatchObject({ decisions: [{ id: 5 }] })
  })
})

describe.each([
  ['1.4.6', 'key', ''],
  ['1.7', 'key', ''],
  ['1.7', 'live', 'live_api_key = "live"'],
] as const)('beside a server without an admin listener, release %s, %s', (release, key, more) => {
  it('commands leave the place of the server in the stream alone: it misses nothing', async () => {
    lapi = resources.use(await FakeLapi.listen({ release, keys: ['key', 'live'] }))
    const { running } = resources.use(
      await TestServer.start({
        environment: {
          GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
          GATEPOST__CROWDSEC__API_KEY: 'key',
          GATEPOST__CROWDSEC__POLL_SECONDS: '3600',
          GATEPOST__LISTEN__ADMIN__ENABLED: 'false',
        },
      }),
    )
    const asked = lapi.requests.length
    lapi.add('192.0.2.1')
    expect((await gatepost(['crowdsec', 'decisions'], more)).out).toContain('192.0.2.1')
    expect((await gatepost(['crowdsec', 'status'], more)).out).toMatch(/^healthy: 1 decisions/)
    for (const command of ['explain', 'unban'])
      await gatepost(['crowdsec', command, '192.0.2.1'], more)
    expect(
      lapi.requests.slice(asked).map(({ url, headers }) => [url, headers['x-api-key']]),
    ).toEqual(Array.from({ length: 4 }, () => [expect.stringMatching(/^\/v1\/decisions\?/), key]))
    if (!(running.filter instanceof CrowdsecFilter)) throw new Error('a filter of another kind')
    await running.filter.poll()
    expect(running.filter.decisions()).toMatchObject([{ value: '192.0.2.1' }])
    expect(lapi.requests.at(-1)?.url).toContain('startup=false')
  })
})

it('unban asks the engine that runs beside the server', async (context) => {
  const engine = await findEngine(process.env)
  if (engine === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
  const running = resources.use(
    await startEngine({
      engine,
      folder: join(folder, 'data/crowdsec'),
      securityFile: join(folder, 'security.ndjson'),
      logger: silentLogger,
    }),
  )
  await running.ready
  await running.cscli('decisions', 'add', '--ip', '192.0.2.5')
  expect((await gatepost(['crowdsec', 'unban', '192.0.2.5'], '# no lapi')).out).toBe(
    'deleted 1 decision on 192.0.2.5\n',
  )
  expect((await gatepost(['crowdsec', 'explain', '192.0.2.5'], '# no lapi')).out).toContain(
    'may come in',
  )
})
