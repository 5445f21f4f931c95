import { execFile } from 'node:child_process'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'

import { engineEnvironment, findEngine, startEngine } from '@gatepost/security-crowdsec/engine'
import { silentLogger } from '@gatepost/telemetry'
import { missing } from '@gatepost/testkit'
import { expect, it, type TestContext } from 'vitest'

import { randomOf } from '../fault/random-of.ts'
import { OfficeWeek } from './office-week.ts'

const run = promisify(execFile)
const office = '203.0.113.50'

interface Alert {
  readonly scenario: string
  readonly source: { readonly scope: string; readonly value: string }
}

/** What the engine makes of the lines, judged by their own time. */
async function judge(
  context: Pick<TestContext, 'skip'>,
  write: (line: (text: string) => void) => void,
): Promise<{ alerts: readonly Alert[]; lines: number }> {
  const engine = await findEngine(process.env)
  if (engine === undefined) missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-week-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'week.ndjson')
  const stream = createWriteStream(file)
  let lines = 0
  write((line) => {
    lines += 1
    stream.write(line)
  })
  stream.end()
  await finished(stream)
  const { configFile, cscli } = resources.use(
    await startEngine({
      engine,
      folder: join(folder, 'engine'),
      securityFile: join(folder, 'none.ndjson'),
      logger: silentLogger,
    }),
  )
  const env = engineEnvironment(engine)
  const once = ['-c', configFile, '-no-api', '-dsn', `file://${file}`, '-type', 'gatepost']
  await run(engine.crowdsec, once, { env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 })
  const list = await cscli('alerts', 'list', '--limit', '0', '-o', 'json')
  return { alerts: (JSON.parse(list) as Alert[] | null) ?? [], lines }
}

function week(hasAttacker: boolean): (line: (text: string) => void) => void {
  return (write) => {
    // A Monday.
    const monday = Date.UTC(2026, 0, 5)
    const options = { address: office, people: 50, monday, random: randomOf(7), hasAttacker }
    const played = new OfficeWeek({ ...options, write })
    played.play()
    expect(played.refused).toBe(0)
  }
}

it('a week of fifty people behind one address, with password changes, new phones and an imapsync, bans nobody', async (context) => {
  const { alerts, lines } = await judge(context, week(false))
  expect(lines).toBeGreaterThan(20_000)
  expect(alerts.map(({ scenario, source }) => `${scenario} ${source.value}`)).toEqual([])
}, 300_000)

it('the same week with one attacker inside: the accounts that he guesses at are slowed, the office works on', async (context) => {
  const { alerts } = await judge(context, week(true))
  expect(alerts.map(({ source }) => source.scope)).not.toContain('Ip')
  const accounts = alerts.filter(({ source }) => source.scope === 'username')
  expect(accounts).toHaveLength(alerts.length)
  expect(accounts.map(({ source }) => source.value)).toContain(OfficeWeek.accountOf(49))
  expect(new Set(accounts.map(({ scenario }) => scenario))).toEqual(
    new Set(['gatepost/mail-bf_shared', 'gatepost/mail-password-spray_shared']),
  )
}, 300_000)
