import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findEngine, startEngine } from '@gatepost/security-crowdsec/engine'
import { silentLogger } from '@gatepost/telemetry'
import { missing } from '@gatepost/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { TestServer } from '../support/test-server.ts'

const attacker = '127.0.60.1'
const stranger = '127.0.60.2'
let resources: AsyncDisposableStack
let folder: string

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-reports-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

interface Alert {
  readonly scenario: string
  readonly source: { readonly value: string }
}

/** A false end of data with a transaction behind it. */
async function smuggle(visitor: Visitor): Promise<void> {
  using dialogue = visitor.open('mx')
  await dialogue.hearUntil(/^220 /)
  await dialogue.ask('EHLO client.example', /^250 /)
  await dialogue.ask('MAIL FROM:<a@example.org>', /^250 /)
  await dialogue.ask('RCPT TO:<me@example.test>', /^250 /)
  await dialogue.ask('DATA', /^354 /)
  dialogue.say('a\n.\r\nMAIL FROM:<evil@example.org>')
  await dialogue.ask('.', /^5\d\d /)
}

it('a smuggling attempt that is reported at once ends in one alert and one decision', async (context) => {
  const engine = await findEngine(process.env)
  if (engine === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
  const securityFile = join(folder, 'security.ndjson')
  const running = resources.use(
    await startEngine({
      engine,
      folder: join(folder, 'crowdsec'),
      securityFile,
      logger: silentLogger,
    }),
  )
  await running.ready
  const { cscli } = running
  const unused = join(folder, 'credentials.yaml')
  await cscli('machines', 'add', 'reporter', '--password', 'secret', '-f', unused)
  writeFileSync(join(folder, 'password'), 'secret\n')
  const server = resources.use(
    await TestServer.start({
      lapi: running.lapi,
      securityFile,
      environment: {
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.2',
        GATEPOST__CROWDSEC__RECONCILE_SECONDS: '2',
        GATEPOST__CROWDSEC__MACHINE_ID: 'reporter',
        GATEPOST__CROWDSEC__MACHINE_PASSWORD_FILE: join(folder, 'password'),
        GATEPOST__CROWDSEC__REPORT__ENABLED: 'true',
      },
    }),
  )
  const visitor = (address: string): Visitor => new Visitor(address, server)
  const { filter } = server.running
  await smuggle(visitor(attacker))
  await verdictOn(filter, attacker, 'ban')
  // The engine reads in order: when it has judged this, it has read the attack.
  for (let count = 0; count < 6; count += 1)
    await smtp.logIn(visitor(stranger), { user: 'nobody@example.test', password: `${count}` })
  await verdictOn(filter, stranger, 'ban')

  const alerts = JSON.parse(await cscli('alerts', 'list', '-a', '-o', 'json')) as readonly Alert[]
  const of = alerts.filter(({ source }) => source.value === attacker)
  expect(of.map(({ scenario }) => scenario)).toEqual(['gatepost/report-smuggling-attempt'])
  const decisions = await cscli('decisions', 'list', '-a', '-o', 'raw')
  expect(decisions.split('\n').filter((row) => row.includes(attacker))).toHaveLength(1)
  expect(JSON.stringify(await cscli('machines', 'list', '-o', 'raw'))).toContain('reporter')
})
