import type { IpAddress } from '@gatepost/core'
import type { FakeLapi } from '@gatepost/lapi-fake'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { CrowdsecFilter } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'

const values = [
  '192.0.2.1',
  '::ffff:192.0.2.1',
  '192.0.2.0/24',
  '192.0.0.0/16',
  '2001:DB8::0001',
  '2001:db8::/64',
  '198.51.100.7',
]
const addresses = [
  '192.0.2.1',
  '192.0.2.2',
  '192.0.9.9',
  '2001:db8::1',
  '2001:db8::2',
  '198.51.100.7',
].map(ip)
const types = ['ban', 'captcha', 'throttle', 'allow']
const rank = ['allow', 'ban', 'captcha', 'hold', 'throttle']
const steps = fc.sample(
  fc.record({
    action: fc.constantFrom(
      ...([
        'add',
        'add',
        'add',
        'delete',
        'delete',
        'pass',
        'poll',
        'poll',
        'lose',
        'reconnect',
        'forget',
      ] as const),
    ),
    value: fc.constantFrom(...values),
    type: fc.constantFrom(...types),
    seconds: fc.integer({ min: 1, max: 30 }),
    pick: fc.nat(1000),
  }),
  { numRuns: 10_000, seed: 20_261_125 },
)
/** Of both sides: what drifts is not the clocks. */
let time = 1_700_000_000_000
const clock = { now: () => time, monotonic: () => time }
let fixture: FilterFixture

/** What the Local API knows, asked the plain way: one request for each address. */
async function truthOf(lapi: FakeLapi, address: IpAddress): Promise<string> {
  const held = await fixture
    .client({ apiKey: 'other' })
    .decisionsOn(address, AbortSignal.timeout(5000))
  const ranks = Array.from({ length: held.size }, (_, row) =>
    rank.indexOf(held.kinds[row]?.type ?? ''),
  )
  const strongest = Math.min(...ranks)
  expect(lapi.active.length).toBeGreaterThanOrEqual(held.size)
  return rank[strongest] ?? 'allow'
}
async function expectNoDrift(filter: CrowdsecFilter, lapi: FakeLapi): Promise<void> {
  expect(
    filter
      .decisions()
      .map(({ id }) => id)
      .toSorted((a, b) => a - b),
  ).toEqual(lapi.active)
  for (const address of addresses)
    expect([address.text, filter.check(address).kind]).toEqual([
      address.text,
      await truthOf(lapi, address),
    ])
}

it.each(['1.4.6', '1.7'] as const)(
  'release %s, 10,000 random steps of deciding, deleting, ending, failing, restarting and reconciling: no drift',
  async (release) => {
    await using opened = await FilterFixture.open({
      release,
      now: () => time,
      keys: ['key', 'other'],
    })
    fixture = opened
    const { lapi } = fixture
    const start = (): Promise<CrowdsecFilter> => fixture.started({ clock, pollMs: 3_600_000 })
    let filter = await start()
    let isForgetful = false
    for (const [index, { action, value, type, seconds, pick }] of steps.entries()) {
      // No two things happen at the same time: a delta names what is younger than the cursor.
      time += 1000
      if (action === 'add') lapi.add({ value, type, durationMs: seconds * 20_000 })
      else if (action === 'delete') lapi.delete(lapi.active[pick % lapi.active.length] ?? 0)
      else if (action === 'pass') time += seconds * 1000
      else if (action === 'forget') {
        // Rarely: it asks for a full list, and deltas are to be tried.
        if (pick > 20) continue
        // What was over and not told yet never will be.
        lapi.flush()
        isForgetful = true
      } else if (action === 'lose') {
        // The answer has moved the cursor, and does not arrive.
        lapi.isAnswerLost = true
        await filter.poll()
        lapi.isAnswerLost = false
      } else if (action === 'reconnect') {
        await filter[Symbol.asyncDispose]()
        filter = await start()
      } else await filter.poll()
      if (index % 100 !== 0) continue
      if (isForgetful) time += 61_000
      isForgetful = false
      await filter.poll()
      await expectNoDrift(filter, lapi)
    }
    expect(lapi.active.length).toBeGreaterThan(0)
  },
)
