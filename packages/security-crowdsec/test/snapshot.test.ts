import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { lapiFaults } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { SnapshotKeeper, type CrowdsecFilter } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'

let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

function file(): string {
  return join(fixture.folder, 'decisions')
}
function keeper(path = file(), everyMs = 3_600_000): SnapshotKeeper {
  return new SnapshotKeeper({ path, everyMs, clock: fixture.clock, logger: fixture.logger })
}
/** A filter that has been started, and stopped as a server stops. */
async function runOnce(): Promise<void> {
  // Nothing here is about an answer that is late: a busy machine may take its time.
  const source = fixture.client({ timeoutMs: 60_000 })
  const filter = await fixture.started({ source, snapshot: keeper() })
  await filter[Symbol.asyncDispose]()
}
async function startedWithoutLapi(): Promise<CrowdsecFilter> {
  fixture.lapi.fault = lapiFaults['answers 500']
  return fixture.started({ snapshot: keeper() })
}

it('bans survive our restart while the Local API is down, and end when they should', async () => {
  const { lapi } = fixture
  lapi.add({ value: '192.0.2.1', durationMs: 600_000 })
  lapi.add({ value: '2001:db8::/32', type: 'captcha', origin: 'lists', scenario: 'with "quotes"' })
  lapi.add({ scope: 'username', value: 'Me@example.test' })
  await runOnce()
  fixture.skippedMs = 300_000
  const filter = await startedWithoutLapi()
  expect(filter.check(ip('192.0.2.1')).kind).toBe('ban')
  expect(filter.check(ip('2001:db8::7'))).toMatchObject({
    kind: 'captcha',
    decision: { id: 2, origin: 'lists:with "quotes"', scenario: 'with "quotes"' },
  })
  expect(filter.checkUser('me@example.test', ip('192.0.2.9')).kind).toBe('ban')
  expect(filter.status()).toMatchObject({ state: 'down', decisions: 3, lastSuccessAt: null })
  expect(filter.status().ageMs).toBeGreaterThanOrEqual(300_000)
  fixture.skippedMs = 600_000 + 1001
  expect(filter.check(ip('192.0.2.1')).kind).toBe('allow')
})

it('a wall clock that has gone back frees nobody, and holds nobody longer than was decided', async () => {
  fixture.lapi.add({ value: '192.0.2.1', durationMs: 600_000 })
  await runOnce()
  fixture.skippedMs = -86_400_000
  const filter = await startedWithoutLapi()
  expect(filter.check(ip('192.0.2.1')).kind).toBe('ban')
  fixture.skippedMs = -86_400_000 + 601_001
  expect(filter.check(ip('192.0.2.1')).kind).toBe('allow')
})

it('what the Local API says comes over it', async () => {
  const { lapi } = fixture
  lapi.add('192.0.2.1')
  lapi.add('192.0.2.2')
  await runOnce()
  lapi.delete(1)
  lapi.skip(10_000)
  lapi.flush()
  const filter = await fixture.started({ snapshot: keeper() })
  expect(filter.check(ip('192.0.2.1')).kind).toBe('allow')
  expect(filter.check(ip('192.0.2.2')).kind).toBe('ban')
})

it('is for nobody but us, and replaced as a whole', async () => {
  fixture.lapi.add('192.0.2.1')
  writeFileSync(`${file()}.next`, 'left over', { mode: 0o644 })
  await runOnce()
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(readFileSync(file(), 'utf8')).toMatch(
    /^gatepost-decisions 1 \d+\n\{"new":\[.*\],"deleted":null\}\n$/s,
  )
  expect(() => statSync(`${file()}.next`)).toThrow('ENOENT')
})

it('is written while the server runs, too', async () => {
  const filter = await fixture.started({ snapshot: keeper(file(), 1) })
  fixture.lapi.add('192.0.2.1')
  await fixture.lapi.until(() => filter.check(ip('192.0.2.1')).kind === 'ban')
  let text = ''
  while (!text.includes('192.0.2.1')) {
    await fixture.lapi.answered()
    if (existsSync(file())) text = readFileSync(file(), 'utf8')
  }
  expect(filter.status().state).toBe('healthy')
})

it.each([
  ['of another version', (text: string) => text.replace('decisions 1 ', 'decisions 2 ')],
  ['that is cut short', (text: string) => text.slice(0, -20)],
  ['that is empty', () => ''],
  ['of something else', () => 'hello'],
])('a file %s is not used, is said once, and is replaced', async (_name, spoil) => {
  fixture.lapi.add('192.0.2.1')
  await runOnce()
  const good = readFileSync(file(), 'utf8')
  writeFileSync(file(), spoil(good))
  const filter = await startedWithoutLapi()
  expect(filter.check(ip('192.0.2.1')).kind).toBe('allow')
  expect(fixture.logged('the snapshot of decisions cannot be read')).toHaveLength(1)
  fixture.lapi.fault = undefined
  await runOnce()
  expect(readFileSync(file(), 'utf8')).toContain('"value":"192.0.2.1"')
})

it('a folder that cannot be written costs the snapshot, not the filter', async () => {
  fixture.lapi.add('192.0.2.1')
  const filter = await fixture.started({
    snapshot: keeper(join(fixture.folder, 'none', 'decisions')),
  })
  expect(filter.check(ip('192.0.2.1')).kind).toBe('ban')
  await filter[Symbol.asyncDispose]()
  expect(fixture.logged('cannot be written')).toHaveLength(1)
})
