import { lapiFaults, type LapiFault, type LapiFaultName } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { CrowdsecFilter } from '../src/index.ts'
import { exemptions, FilterFixture, ip } from './filter-fixture.ts'

const client = ip('192.0.2.1')
const stranger = ip('192.0.2.2')
let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
  fixture.lapi.add('192.0.2.1')
})
afterEach(() => fixture[Symbol.asyncDispose]())

function isBanned(filter: CrowdsecFilter, address = client): boolean {
  return filter.check(address).kind === 'ban'
}

it('asks as a bouncer should: everything first, then changes, without the drifting dedup', async () => {
  await fixture.started()
  await fixture.lapi.answered()
  expect(
    fixture.lapi.requests
      .slice(0, 2)
      .map(({ method, url, headers }) => [
        method,
        url,
        headers['x-api-key'],
        headers['user-agent'],
      ]),
  ).toEqual(
    [true, false].map((isStartup) => [
      'GET',
      `/v1/decisions/stream?startup=${isStartup}&scopes=ip%2Crange%2Ccountry%2Cas%2Cusername&dedup=false`,
      'key',
      'crowdsec-gatepost-bouncer/v0.0.0',
    ]),
  )
})

it('refuses what is decided, tells listeners, and lets in again after the deletion', async () => {
  const { lapi } = fixture
  const filter = await fixture.started()
  const changes: unknown[] = []
  filter.onChange(({ added, deleted }) =>
    changes.push([added.map(({ id }) => id), deleted.map(({ id }) => id)]),
  )
  expect(filter.check(stranger).kind).toBe('allow')
  const range = lapi.add({ value: '198.51.100.0/24', type: 'captcha' })
  await lapi.until(() => filter.check(ip('198.51.100.7')).kind === 'captcha')
  expect(filter.check(ip('198.51.100.7'))).toMatchObject({
    decision: { id: range, value: '198.51.100.0/24', scope: 'range' },
  })
  expect(filter.check(ip('11.192.0.21')).kind).toBe('allow')
  lapi.delete(1)
  await lapi.until(() => !isBanned(filter))
  await lapi.answered(2)
  expect(changes).toEqual([
    [[range], []],
    [[], [1]],
  ])
})

describe.each(Object.keys(lapiFaults) as LapiFaultName[])('a Local API that %s', (name) => {
  it('changes nothing: known decisions hold, others come in, and it is said once', async () => {
    const { lapi } = fixture
    const filter = await fixture.started({ source: fixture.client({ timeoutMs: 200 }) })
    // On a busy machine the first answers may be too late as well.
    await lapi.until(() => filter.status().state === 'healthy')
    fixture.log.length = 0
    lapi.fault = lapiFaults[name]
    await lapi.until(() => filter.status().state === 'stale')
    await lapi.answered(2)
    expect([isBanned(filter), isBanned(filter, stranger)]).toEqual([true, false])
    expect(filter.status().lastError).toMatch(/^.{5,150}$/)
    expect(fixture.logged('does not answer')).toHaveLength(1)
    const metrics = await fixture.metrics.render()
    expect(metrics).toContain('gatepost_crowdsec_healthy 0')
    expect(metrics).toMatch(/gatepost_crowdsec_staleness_seconds [0-9.]+\n/)
    lapi.fault = undefined
    await lapi.until(() => filter.status().state === 'healthy')
    expect(fixture.logged('answers again')).toHaveLength(1)
    expect(await fixture.metrics.render()).toMatch(/gatepost_crowdsec_reconnects [1-9]/)
  })
})

it('starts without a Local API, lets everyone in and says so', async () => {
  fixture.lapi.fault = lapiFaults['answers 403']
  const filter = await fixture.started()
  expect(isBanned(filter)).toBe(false)
  expect(filter.status()).toMatchObject({
    state: 'down',
    ageMs: null,
    lastError: 'HTTP 403: the Local API does not know this api_key',
  })
})

it('is stale at first, and down when that takes too long; its age tells how long', async () => {
  const { lapi } = fixture
  const filter = await fixture.started({ downAfterMs: 60_000 })
  lapi.fault = lapiFaults['answers 500']
  await lapi.until(() => filter.status().state === 'stale')
  fixture.skippedMs = 59_000
  expect(filter.status().state).toBe('stale')
  fixture.skippedMs = 61_000
  expect(filter.status().state).toBe('down')
  expect(filter.status().ageMs).toBeGreaterThanOrEqual(61_000)
  await lapi.until(() => fixture.logged('is down').length > 0)
  await lapi.answered(2)
  expect(fixture.logged('is down')).toHaveLength(1)
  lapi.fault = undefined
  await lapi.until(() => filter.status().state === 'healthy')
  expect(filter.status().ageMs).toBeLessThan(60_000)
})

it('catches up after an outage: what was deleted meanwhile is gone, though nobody tells', async () => {
  const { lapi } = fixture
  lapi.add('192.0.2.2')
  const filter = await fixture.started()
  lapi.fault = lapiFaults['answers 500']
  await lapi.until(() => filter.status().state === 'stale')
  lapi.delete(1)
  lapi.skip(5000)
  lapi.flush()
  lapi.fault = undefined
  await lapi.until(() => !isBanned(filter))
  expect(isBanned(filter, stranger)).toBe(true)
})

it.each(['1.4.6', '1.7'] as const)(
  'release %s with a broken database: no amnesty',
  async (release) => {
    await using broken = await FilterFixture.open({ release })
    broken.lapi.add('192.0.2.1')
    const filter = await broken.started({ reconcileMs: 0 })
    broken.lapi.isDatabaseBroken = true
    await broken.lapi.answered(5)
    expect(isBanned(filter)).toBe(true)
    expect(filter.status().state).toBe(release === '1.7' ? 'healthy' : 'stale')
  },
)

it('a long list that ends early frees nobody, unless the next one ends there too', async () => {
  const { lapi } = fixture
  for (let number = 2; number <= 1200; number += 1)
    lapi.add(`198.18.${number >> 8}.${number & 255}`)
  const filter = await fixture.started({ pollMs: 3_600_000, reconcileMs: 0 })
  expect(filter.decisions()).toHaveLength(1200)
  const item = { id: 1, scope: 'Ip', type: 'ban', value: '192.0.2.1', duration: '1h' }
  const cut: LapiFault = (_request, response) =>
    response.end(JSON.stringify({ new: [item], deleted: [] }))
  lapi.fault = cut
  await filter.poll()
  expect(filter.decisions()).toHaveLength(1200)
  lapi.fault = undefined
  await filter.poll()
  expect(filter.decisions()).toHaveLength(1200)
  lapi.fault = cut
  await filter.poll()
  await filter.poll()
  expect(filter.decisions()).toHaveLength(1)
})

it('an empty Local API after a restart does not free those that are known; its new decisions count, with the same ids', async () => {
  const { lapi } = fixture
  const filter = await fixture.started({ reconcileMs: 0 })
  lapi.startAgain()
  await lapi.answered(3)
  expect(isBanned(filter)).toBe(true)
  lapi.add('192.0.2.2')
  await lapi.until(() => isBanned(filter, stranger))
  expect(isBanned(filter)).toBe(false)
  expect(filter.decisions()).toMatchObject([{ id: 1, value: '192.0.2.2' }])
})

it('a decision that a delta has missed comes with the next full list', async () => {
  const { lapi } = fixture
  const filter = await fixture.started({ reconcileMs: 60_000 })
  // Committed late: its time of creation is before the cursor.
  lapi.skip(-5000)
  lapi.add('192.0.2.2')
  lapi.skip(5000)
  await lapi.answered(3)
  expect(isBanned(filter, stranger)).toBe(false)
  fixture.skippedMs = 61_000
  await lapi.until(() => isBanned(filter, stranger))
})

it('the clock of the Local API jumps: what it said holds by ours', async () => {
  const { lapi } = fixture
  const filter = await fixture.started({ reconcileMs: 0 })
  lapi.skip(-86_400_000)
  await lapi.answered(3)
  expect(isBanned(filter)).toBe(true)
  lapi.skip(2 * 86_400_000)
  // By its clock the ban is over, and that is a deletion.
  await lapi.until(() => !isBanned(filter))
})

it('never refuses the owner, nor who is on the allow list, nor who is allowed by a decision', async () => {
  const { lapi } = fixture
  lapi.add({ value: '198.51.100.0/24' })
  lapi.add({ value: '198.51.100.9', type: 'allow' })
  lapi.add({ value: '2001:db8::/32' })
  const filter = await fixture.started({
    exemptions: exemptions({ neverBan: ['192.0.2.0/30'], allowList: ['2001:db8:1::/48'] }),
  })
  expect(filter.check(client)).toEqual({ kind: 'allow', exemption: 'never_ban' })
  expect(filter.check(ip('2001:db8:1::5'))).toEqual({ kind: 'allow', exemption: 'allow_list' })
  expect(filter.check(ip('198.51.100.9'))).toEqual({ kind: 'allow', exemption: 'allow_decision' })
  expect(filter.check(ip('2001:db8:2::5')).kind).toBe('ban')
  expect(filter.check(ip('203.0.113.1'))).toEqual({ kind: 'allow' })
})

it('ends a ban at its own end while the Local API is away, and tells listeners', async () => {
  const { lapi } = fixture
  const filter = await fixture.started()
  const ended: number[] = []
  filter.onChange(({ deleted }) => ended.push(...deleted.map(({ id }) => id)))
  lapi.fault = lapiFaults['answers 500']
  await lapi.until(() => filter.status().state === 'stale')
  fixture.skippedMs = 4 * 3_600_000 - 60_000
  await lapi.answered()
  expect(isBanned(filter)).toBe(true)
  fixture.skippedMs += 60_000
  expect(isBanned(filter)).toBe(false)
  await lapi.until(() => ended.length > 0)
  expect(ended).toEqual([1])
  expect(filter.status().decisions).toBe(0)
})

it('goes on, and tells the others, when a listener fails', async () => {
  const { lapi } = fixture
  const filter = await fixture.started()
  const heard: number[] = []
  filter.onChange(() => {
    throw new Error('not today')
  })
  filter.onChange(({ added }) => heard.push(...added.map(({ id }) => id)))
  lapi.add('192.0.2.2')
  await lapi.until(() => heard.length > 0)
  expect(heard).toEqual([2])
  expect(filter.status().state).toBe('healthy')
  expect(fixture.logged('not today')).toHaveLength(1)
})

it('says how many decisions make no sense, and follows the others', async () => {
  fixture.lapi.add({ value: 'nonsense', scope: 'Ip' })
  const filter = await fixture.started()
  expect(isBanned(filter)).toBe(true)
  expect(fixture.log.join('')).toContain('"unreadable":1')
})

it('answers before its first answer has come: nobody at the door waits for HTTP', async () => {
  const { lapi } = fixture
  lapi.fault = lapiFaults['never answers']
  const filter = fixture.filter({ source: fixture.client({ timeoutMs: 60_000 }) })
  const started = filter.start()
  await lapi.asked()
  expect(isBanned(filter)).toBe(false)
  expect(filter.status().state).toBe('starting')
  await filter[Symbol.asyncDispose]()
  await started
})

it('leaves off while a request is open: stopping takes no timeout', async () => {
  const { lapi } = fixture
  const filter = await fixture.started({ source: fixture.client({ timeoutMs: 60_000 }) })
  lapi.fault = lapiFaults['never answers']
  await lapi.asked()
  await filter[Symbol.asyncDispose]()
  expect(filter.status().lastError).toBeNull()
})

it('a listener that is asked to is told no more', async () => {
  const { lapi } = fixture
  const filter = await fixture.started()
  const heard: number[] = []
  const unsubscribe = filter.onChange(({ added }) => heard.push(added.length))
  unsubscribe()
  lapi.add('192.0.2.2')
  await lapi.until(() => isBanned(filter, stranger))
  expect(heard).toEqual([])
})

it('names everything that is decided by parts, for those who have to read much', async () => {
  for (let count = 0; count < 2500; count += 1)
    fixture.lapi.add(`10.0.${count >> 8}.${count & 255}`)
  const filter = await fixture.started()
  const pages = [...filter.decisionPages()]
  expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 501])
  expect(pages.flat()).toEqual(filter.decisions())
})
