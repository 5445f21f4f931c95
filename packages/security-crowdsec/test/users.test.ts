import { systemClock } from '@gatepost/core'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { Exemptions, Remedies, StrongLogins } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'

const home = ip('192.0.2.1')
const elsewhere = ip('198.51.100.1')
let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

function withLogins(maxAgeMs: number, maxEntries = 100): { readonly exemptions: Exemptions } {
  const logins = new StrongLogins({ clock: fixture.clock, maxAgeMs, maxEntries })
  return { exemptions: new Exemptions({ neverBan: [], allowList: [], logins }) }
}

it('judges an account under every spelling of its name, and leaves its addresses alone', async () => {
  fixture.lapi.add({ scope: 'username', value: 'Me@Example.TEST', type: 'throttle' })
  const filter = await fixture.started()
  for (const user of ['me@example.test', 'ME@EXAMPLE.TEST', ' me@example.test'])
    expect(filter.checkUser(user, home)).toMatchObject({
      kind: 'throttle',
      decision: { scope: 'username', value: 'me@example.test' },
    })
  expect(filter.checkUser('you@example.test', home).kind).toBe('allow')
  expect(filter.checkUser('', home).kind).toBe('allow')
  expect(filter.check(home).kind).toBe('allow')
  expect(filter.decisions({ user: 'me@example.test' })).toHaveLength(1)
  expect(filter.decisions(home)).toEqual([])
})

it('a custom type on an account does what is configured', async () => {
  fixture.lapi.add({ scope: 'username', value: 'me@example.test', type: 'hold_outbound' })
  const filter = await fixture.started({
    remedies: new Remedies({ types: { hold_outbound: 'hold' } }),
  })
  expect(filter.checkUser('me@example.test', home).kind).toBe('hold')
})

it('tells of a new decision on an account, so that open sessions end', async () => {
  const filter = await fixture.started()
  const heard: string[] = []
  filter.onChange(({ added }) =>
    heard.push(...added.map(({ scope, value }) => `${scope} ${value}`)),
  )
  fixture.lapi.add({ scope: 'username', value: 'me@example.test' })
  await fixture.lapi.until(() => heard.length > 0)
  expect(heard).toEqual(['username me@example.test'])
})

it('asks for accounts as the hub writes them: custom scopes of the Local API are case-sensitive', async () => {
  fixture.lapi.add({ scope: 'username', value: 'me@example.test' })
  fixture.lapi.add({ scope: 'Username', value: 'you@example.test' })
  const filter = await fixture.started()
  expect(filter.checkUser('me@example.test', home).kind).toBe('ban')
  expect(filter.checkUser('you@example.test', home).kind).toBe('allow')
})

it('the owner, where he has logged in lately, keeps his account and his address; others do not', async () => {
  fixture.lapi.add({ scope: 'username', value: 'me@example.test' })
  fixture.lapi.add('192.0.2.1')
  const filter = await fixture.started(withLogins(3_600_000))
  filter.noteStrongLogin('Me@example.test', home)
  const exempt = { kind: 'allow', exemption: 'strong_login' }
  expect(filter.checkUser('me@example.test', home)).toEqual(exempt)
  expect(filter.check(home)).toEqual(exempt)
  expect(filter.checkUser('me@example.test', elsewhere).kind).toBe('ban')
  fixture.lapi.add({ scope: 'username', value: 'you@example.test' })
  await fixture.lapi.until(() => filter.checkUser('you@example.test', home).kind === 'ban')
  fixture.skippedMs = 3_600_001
  expect(filter.checkUser('me@example.test', home).kind).toBe('ban')
  expect(filter.check(home).kind).toBe('ban')
})

it('a login exempts nobody unless that is configured', async () => {
  fixture.lapi.add('192.0.2.1')
  const filter = await fixture.started()
  filter.noteStrongLogin('me@example.test', home)
  expect(filter.check(home).kind).toBe('ban')
})

it('remembers only so many logins, the latest', () => {
  const logins = new StrongLogins({ clock: systemClock, maxAgeMs: 60_000, maxEntries: 10 })
  for (let count = 0; count < 100; count += 1) logins.note('me', ip(`10.0.0.${count}`))
  expect(logins.size).toBe(10)
  expect([logins.has(ip('10.0.0.99')), logins.has(ip('10.0.0.1'))]).toEqual([true, false])
})
