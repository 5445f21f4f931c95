import { join } from 'node:path'

import { lapiFaults } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { SnapshotKeeper, type CrowdsecFilter, type StreamFilters } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'

const all: StreamFilters = { origins: [], scenariosContaining: [], scenariosNotContaining: [] }
let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
  const { lapi } = fixture
  lapi.add({ value: '192.0.2.1', origin: 'crowdsec', scenario: 'gatepost/mail-bf' })
  lapi.add({ value: '192.0.2.2', origin: 'CAPI', scenario: 'crowdsecurity/http-probing' })
  lapi.add({ value: '192.0.2.3', origin: 'lists', scenario: 'firehol' })
  lapi.add({ value: '192.0.2.4', origin: 'cscli', scenario: 'manual' })
})
afterEach(() => fixture[Symbol.asyncDispose]())

function started(filters: StreamFilters): Promise<CrowdsecFilter> {
  const { clock, logger, folder } = fixture
  const path = join(folder, 'decisions')
  return fixture.started({
    source: fixture.client({ filters }),
    streamFilters: filters,
    pollMs: 3_600_000,
    snapshot: new SnapshotKeeper({ path, everyMs: 3_600_000, clock, logger }),
  })
}
function values(filter: CrowdsecFilter): string[] {
  return filter
    .decisions()
    .map(({ value }) => value)
    .toSorted()
}

it.each<[name: string, filters: Partial<StreamFilters>, expected: string[]]>([
  ['nothing', {}, ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']],
  ['origins', { origins: ['crowdsec', 'lists'] }, ['192.0.2.1', '192.0.2.3']],
  ['parts of scenarios', { scenariosContaining: ['mail', 'fire'] }, ['192.0.2.1', '192.0.2.3']],
  [
    'parts that may not be in it',
    { scenariosNotContaining: ['http'] },
    ['192.0.2.1', '192.0.2.3', '192.0.2.4'],
  ],
])(
  'asks for %s, with deltas, whole lists and questions about one address',
  async (_name, filters, expected) => {
    const filter = await started({ ...all, ...filters })
    expect(values(filter)).toEqual(expected)
    fixture.lapi.add({ value: '192.0.2.5', origin: 'CAPI', scenario: 'crowdsecurity/http-bad' })
    fixture.lapi.add({ value: '192.0.2.6', origin: 'crowdsec', scenario: 'gatepost/mail-trap' })
    await filter.poll()
    const isWide = Object.keys(filters).length === 0
    const more = isWide ? ['192.0.2.5', '192.0.2.6'] : ['192.0.2.6']
    expect(values(filter)).toEqual([...expected, ...more])
    fixture.skippedMs += 61_000
    await filter.poll()
    expect(values(filter)).toEqual([...expected, ...more])
    const client = fixture.client({ filters: { ...all, ...filters } })
    const on = await client.decisionsOn(ip('192.0.2.2'), AbortSignal.timeout(5000))
    expect(on.size).toBe(expected.includes('192.0.2.2') ? 1 : 0)
  },
)

it('what filters of today would not ask for is left out of a snapshot that was made without them, while nobody can be asked', async () => {
  const before = await started(all)
  await before[Symbol.asyncDispose]()
  fixture.lapi.fault = lapiFaults['answers 500']
  const filter = await started({ ...all, origins: ['crowdsec', 'lists'] })
  expect(values(filter)).toEqual(['192.0.2.1', '192.0.2.3'])
  await filter[Symbol.asyncDispose]()
})

it('a filter that is gone brings everything back with the first whole list', async () => {
  const before = await started({ ...all, scenariosContaining: ['mail'] })
  await before[Symbol.asyncDispose]()
  expect(values(await started(all))).toHaveLength(4)
})
