import { lapiFaults } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { LiveCheck } from '../src/filter/live/live-check.ts'
import { DecisionBatch } from '../src/filter/stream/decision-batch.ts'
import { exemptions, FilterFixture, ip } from './filter-fixture.ts'

const attacker = ip('192.0.2.66')
let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open({ keys: ['key', 'live'] })
})
afterEach(() => fixture[Symbol.asyncDispose]())

function liveRequests(): string[] {
  return fixture.lapi.requests
    .filter(({ headers }) => headers['x-api-key'] === 'live')
    .map(({ url }) => url)
}

it('an address that has failed to log in is asked about soon, and its ban holds without a poll', async () => {
  const filter = await fixture.started({
    pollMs: 3_600_000,
    live: fixture.client({ apiKey: 'live' }),
  })
  fixture.lapi.add('192.0.2.66')
  fixture.lapi.add('192.0.2.0/24')
  const heard: number[] = []
  filter.onChange(({ added }) => heard.push(...added.map(({ id }) => id)))
  expect(filter.check(attacker).kind).toBe('allow')
  filter.noteAuthFailure(attacker)
  while (heard.length === 0) await new Promise(setImmediate)
  expect(heard).toEqual([1, 2])
  expect(filter.check(attacker)).toMatchObject({ kind: 'ban', decision: { id: 1 } })
  expect(filter.check(ip('192.0.2.5')).kind).toBe('ban')
})

it('moves nothing of the stream: its key is its own', async () => {
  const filter = await fixture.started({ live: fixture.client({ apiKey: 'live' }) })
  filter.noteAuthFailure(attacker)
  while (liveRequests().length === 0) await fixture.lapi.answered()
  fixture.lapi.skip(120_000)
  fixture.lapi.add('192.0.2.7')
  filter.noteAuthFailure(ip('192.0.2.8'))
  await fixture.lapi.until(() => filter.check(ip('192.0.2.7')).kind === 'ban')
  expect(fixture.lapi.requests.filter(({ url }) => url.includes('startup=true'))).toHaveLength(1)
})

it('asks about addresses that have failed, and not about those who are never banned', async () => {
  const filter = await fixture.started({
    live: fixture.client({ apiKey: 'live' }),
    exemptions: exemptions({ neverBan: ['127.0.0.0/8'] }),
  })
  for (let count = 0; count < 100; count += 1) filter.noteAuthFailure(attacker)
  filter.noteAuthFailure(ip('127.0.0.1'))
  filter.noteAuthFailure(ip('2001:db8::1'))
  while (liveRequests().length < 2) await fixture.lapi.answered()
  expect([...new Set(liveRequests())].toSorted()).toEqual([
    '/v1/decisions?ip=192.0.2.66',
    '/v1/decisions?ip=2001%3Adb8%3A%3A1',
  ])
})

it('is off without a second key', async () => {
  const filter = await fixture.started()
  filter.noteAuthFailure(attacker)
  await fixture.lapi.answered(2)
  expect(fixture.lapi.requests.filter(({ url }) => url.includes('ip='))).toEqual([])
})

it('a question that goes wrong changes nothing, and the next ones wait', async () => {
  const filter = await fixture.started({
    pollMs: 3_600_000,
    live: fixture.client({ apiKey: 'live', timeoutMs: 200 }),
  })
  fixture.lapi.fault = lapiFaults['answers 500']
  filter.noteAuthFailure(attacker)
  await fixture.lapi.answered()
  while (!(await fixture.metrics.render()).includes('live_checks_failed 1'))
    await new Promise(setImmediate)
  filter.noteAuthFailure(ip('192.0.2.7'))
  expect(liveRequests()).toHaveLength(1)
  expect(filter.check(attacker).kind).toBe('allow')
  expect(filter.status().state).toBe('healthy')
})

it('does not bring back what has been deleted since it asked', async () => {
  const gate = Promise.withResolvers<DecisionBatch>()
  const id = fixture.lapi.add('192.0.2.66')
  const filter = await fixture.started({ live: { decisionsOn: () => gate.promise } })
  const held = await fixture
    .client({ apiKey: 'live' })
    .decisionsOn(attacker, AbortSignal.timeout(5000))
  filter.noteAuthFailure(attacker)
  fixture.lapi.delete(id)
  await fixture.lapi.until(() => filter.check(attacker).kind === 'allow')
  gate.resolve(held)
  await gate.promise
  await fixture.lapi.answered()
  expect([held.size, filter.check(attacker).kind]).toEqual([1, 'allow'])
})

it('keeps only so many waiting, two at a time, and counts the others', async () => {
  const asked: string[] = []
  const never = Promise.withResolvers<DecisionBatch>()
  await using check = new LiveCheck({
    source: {
      decisionsOn: (address, signal) => {
        asked.push(address.text)
        signal.addEventListener('abort', () => never.resolve(new DecisionBatch()))
        return never.promise
      },
    },
    clock: { now: () => 0, monotonic: () => 0 },
    logger: fixture.logger,
    use: () => undefined,
    maxWaiting: 10,
    askAfterMs: [0, 10],
  })
  for (let count = 0; count < 50; count += 1) check.note(ip(`192.0.2.${count}`))
  expect(asked).toEqual(['192.0.2.0', '192.0.2.1'])
  // Two are asked about and wait for their second question; eight wait for their first.
  expect(check.dropped).toBe(50 - 2 - 8)
})

describe('questions about an address', () => {
  const offsets = [6, 12, 20]
  let now: number
  let asked: number[]
  let check: LiveCheck

  /** `then` sees each question. */
  function open(then: () => void): void {
    now = 0
    asked = []
    check = new LiveCheck({
      source: {
        decisionsOn: () => {
          asked.push(now)
          then()
          return Promise.resolve(new DecisionBatch())
        },
      },
      clock: { now: () => now, monotonic: () => now },
      logger: fixture.logger,
      use: () => undefined,
      askAfterMs: offsets,
    })
  }
  afterEach(() => check[Symbol.asyncDispose]())

  it('come whenever the engine may have decided, and not at once', async () => {
    const third = Promise.withResolvers<void>()
    open(() => {
      if (asked.length === 3) third.resolve()
      else now = offsets[asked.length] ?? 0
    })
    for (let count = 0; count < 100; count += 1) check.note(attacker)
    expect(asked).toEqual([])
    now = 6
    await third.promise
    expect(asked).toEqual(offsets)
  })

  it('go on from the last failure, never denser', async () => {
    const last = Promise.withResolvers<void>()
    const times = [6, 17, 25]
    open(() => {
      const next = times[asked.length]
      if (next === undefined) last.resolve()
      else now = next
    })
    check.note(attacker)
    now = 5
    check.note(attacker)
    now = 6
    await last.promise
    // From 5 on: 11 and 17 are due; at 17 both are one question, and 25 is the last.
    expect(asked).toEqual(times)
  })

  it('are for nobody any more when the last has been asked', async () => {
    const fourth = Promise.withResolvers<void>()
    open(() => {
      if (asked.length === 4) fourth.resolve()
      else if (asked.length < 3) now = offsets[asked.length] ?? 0
    })
    check.note(attacker)
    now = 6
    while (asked.length < 3) await new Promise(setImmediate)
    now = 100
    check.note(attacker)
    expect(asked).toEqual(offsets)
    now = 106
    await fourth.promise
    expect(asked).toEqual([...offsets, 106])
  })
})
