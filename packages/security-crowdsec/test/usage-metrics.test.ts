import { afterEach, beforeEach, expect, it } from 'vitest'

import { LapiError, UsageCounters, UsageReporter, type Decision } from '../src/index.ts'
import { FilterFixture } from './filter-fixture.ts'

const decision: Decision = {
  id: 1,
  scope: 'ip',
  value: '192.0.2.1',
  type: 'ban',
  scenario: 'gatepost/mail-bf',
  origin: 'crowdsec',
  until: 0,
}
let fixture: FilterFixture
let counters: UsageCounters

beforeEach(async () => {
  fixture = await FilterFixture.open()
  counters = new UsageCounters()
})
afterEach(() => fixture[Symbol.asyncDispose]())

async function reporter(everyMs = 3_600_000): Promise<UsageReporter> {
  const client = fixture.client()
  const filter = await fixture.started({ pollMs: 3_600_000 })
  return new UsageReporter({
    counters,
    kinds: () => filter.kinds(),
    push: (metrics, signal) => client.pushUsage(metrics, signal),
    clock: fixture.clock,
    logger: fixture.logger,
    version: '1.2.3',
    everyMs,
  })
}
function itemsOf(index: number): unknown {
  const body = fixture.lapi.usage[index] as {
    readonly remediation_components: readonly {
      readonly metrics: readonly { readonly items: unknown }[]
    }[]
  }
  return body.remediation_components[0]?.metrics[0]?.items
}

function gauge(value: number, origin: string, family: string): object {
  const labels = { origin, ip_type: family }
  return { name: 'active_decisions', value, unit: 'ip', labels }
}

function item(name: string, value: number, labels: object): object {
  return { name, value, unit: 'request', labels }
}

it('tells what the Local API takes: one component, a list of windows, sums, and a name for each protocol', async () => {
  fixture.lapi.add('192.0.2.1')
  fixture.lapi.add({ value: '2001:db8::1', origin: 'lists', scenario: 'firehol' })
  await using usage = await reporter()
  counters.processed('smtp', 4)
  counters.processed('imap', 4)
  counters.processed('imap', 6)
  counters.applied({ protocol: 'smtp', family: 4, action: 'refused', decision })
  counters.applied({ protocol: 'imap', family: 4, action: 'tarpitted', decision })
  counters.applied({ protocol: 'jmap', family: 4, action: 'throttled', decision })
  counters.applied({ protocol: 'imap', family: 4, action: 'cut', decision })
  expect(await usage.report()).toBe(true)
  expect(fixture.lapi.usage).toMatchObject([
    {
      remediation_components: [
        {
          type: 'crowdsec-gatepost-bouncer',
          version: 'v1.2.3',
          feature_flags: [],
          utc_startup_timestamp: expect.any(Number),
          metrics: [{ meta: { window_size_seconds: 1, utc_now_timestamp: expect.any(Number) } }],
        },
      ],
    },
  ])
  const crowdsec = { origin: 'crowdsec', ip_type: 'ipv4' }
  expect(itemsOf(0)).toEqual([
    { name: 'active_decisions', value: 1, unit: 'ip', labels: crowdsec },
    {
      name: 'active_decisions',
      value: 1,
      unit: 'ip',
      labels: { origin: 'lists:firehol', ip_type: 'ipv6' },
    },
    item('processed', 2, { ip_type: 'ipv4' }),
    item('smtp_processed', 1, { ip_type: 'ipv4' }),
    item('imap_processed', 1, { ip_type: 'ipv4' }),
    item('processed', 1, { ip_type: 'ipv6' }),
    item('imap_processed', 1, { ip_type: 'ipv6' }),
    item('dropped', 2, { ...crowdsec, remediation: 'ban' }),
    item('smtp_dropped', 1, { ...crowdsec, remediation: 'ban' }),
    item('imap_dropped', 1, { ...crowdsec, remediation: 'ban' }),
    item('throttled', 1, { ...crowdsec, remediation: 'throttle' }),
    item('jmap_throttled', 1, { ...crowdsec, remediation: 'throttle' }),
    item('killed_sessions', 1, { ...crowdsec, remediation: 'ban' }),
    item('imap_killed_sessions', 1, { ...crowdsec, remediation: 'ban' }),
  ])
})

it('no two items of a report are the same to `cscli metrics`', async () => {
  await using usage = await reporter()
  for (const protocol of ['smtp', 'imap', 'jmap'] as const)
    for (const action of [
      'refused',
      'tarpitted',
      'greylisted',
      'challenged',
      'throttled',
      'held',
      'cut',
    ] as const)
      counters.applied({ protocol, family: 4, action, decision })
  await usage.report()
  const keys = (
    itemsOf(0) as readonly { name: string; value: number; labels: Record<string, string> }[]
  ).map(({ name, value, labels }) => `${name} ${value} ${labels['origin']} ${labels['ip_type']}`)
  expect(new Set(keys).size).toBe(keys.length)
})

it('loses nothing when a report is not taken, and counts on meanwhile', async () => {
  await using usage = await reporter()
  counters.processed('smtp', 4)
  fixture.lapi.fault = (_request, response) => {
    counters.processed('smtp', 4)
    response.writeHead(500).end()
  }
  expect(await usage.report()).toBe(true)
  fixture.lapi.fault = undefined
  fixture.skippedMs = 900_000
  await usage.report()
  expect(itemsOf(0)).toMatchObject([{ name: 'processed', value: 2 }, { name: 'smtp_processed' }])
  expect(fixture.lapi.usage[0]).toMatchObject({
    remediation_components: [
      { metrics: [{ meta: { window_size_seconds: expect.toSatisfy((s: number) => s >= 900) } }] },
    ],
  })
  await usage.report()
  expect(itemsOf(1)).toEqual([])
  expect(fixture.logged('usage metrics were not taken')).toHaveLength(1)
})

it('what is counted while a report is on its way belongs to the next', async () => {
  await using usage = await reporter()
  counters.processed('smtp', 4)
  const reporting = usage.report()
  counters.processed('smtp', 4)
  await reporting
  await usage.report()
  expect([itemsOf(0), itemsOf(1)]).toMatchObject([
    [{ name: 'processed', value: 1 }, {}],
    [{ name: 'processed', value: 1 }, {}],
  ])
})

it('a Local API before 1.6.3 is asked once, and that is no fault', async () => {
  await using old = await FilterFixture.open({ release: '1.4.6' })
  fixture = old
  await using usage = await reporter(1)
  usage.start()
  await old.lapi.until(
    () =>
      old.logged('takes no usage metrics').length > 0 ||
      old.lapi.requests.some(({ url }) => url.includes('usage')),
  )
  expect(await usage.report()).toBe(false)
  expect(old.logged('were not taken')).toEqual([])
})

it('active_decisions returns to 0: what was named before is named once more when it is gone, again until that was taken', async () => {
  const { lapi } = fixture
  const id = lapi.add('192.0.2.1')
  lapi.add({ value: '2001:db8::1', origin: 'CAPI' })
  const client = fixture.client()
  const filter = await fixture.started({ pollMs: 3_600_000 })
  let isAway = false
  await using usage = new UsageReporter({
    counters,
    kinds: () => filter.kinds(),
    push: (metrics, signal) =>
      isAway ? Promise.reject(new LapiError('away')) : client.pushUsage(metrics, signal),
    clock: fixture.clock,
    logger: fixture.logger,
    version: '1.2.3',
    everyMs: 3_600_000,
  })
  await usage.report()
  lapi.delete(id)
  await filter.poll()
  isAway = true
  await usage.report()
  isAway = false
  await usage.report()
  await usage.report()
  const left = gauge(1, 'CAPI', 'ipv6')
  expect([0, 1, 2].map(itemsOf)).toEqual([
    [gauge(1, 'crowdsec', 'ipv4'), left],
    [left, gauge(0, 'crowdsec', 'ipv4')],
    [left],
  ])
})
