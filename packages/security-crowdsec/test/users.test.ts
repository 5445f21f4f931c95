import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { systemClock } from '@gatepost/core'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { Exemptions, LoginKeeper, Remedies, StrongLogins } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'

const home = ip('192.0.2.1')
const elsewhere = ip('198.51.100.1')
let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

function withLogins(exemptMs: number, throttleExemptMs = 0): { readonly exemptions: Exemptions } {
  const of = new StrongLogins({ clock: fixture.clock })
  const logins = { of, exemptMs, throttleExemptMs }
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

it('the owner is not slowed where he has logged in before, for what strangers do to his account; a hold and a ban hold there too', async () => {
  for (const [value, type] of [
    ['slowed@example.test', 'throttle'],
    ['held@example.test', 'hold'],
    ['banned@example.test', 'ban'],
  ] as const)
    fixture.lapi.add({ scope: 'username', value, type, durationMs: 40 * 86_400_000 })
  const inside = { scope: 'username', value: 'inside@example.test', type: 'throttle' }
  fixture.lapi.add({ ...inside, scenario: 'gatepost/mail-bf_shared' })
  const filter = await fixture.started(withLogins(0, 30 * 86_400_000))
  const kindAt = (name: string, address = home): string =>
    filter.checkUser(`${name}@example.test`, address).kind
  const names = ['slowed', 'held', 'banned', 'inside']
  expect(names.map((name) => kindAt(name))).toEqual(['throttle', 'hold', 'ban', 'throttle'])
  for (const name of names) filter.noteStrongLogin(`${name}@example.test`, home)
  // An attack that came from where people log in is answered there.
  expect(names.map((name) => kindAt(name))).toEqual(['allow', 'hold', 'ban', 'throttle'])
  expect(kindAt('slowed', elsewhere)).toBe('throttle')
  fixture.skippedMs = 30 * 86_400_000 + 1
  expect(kindAt('slowed')).toBe('throttle')
})

it('a login from one address of an IPv6 /64 is one from all of it', async () => {
  fixture.lapi.add({ scope: 'username', value: 'me@example.test', type: 'throttle' })
  const filter = await fixture.started(withLogins(0, 60_000))
  filter.noteStrongLogin('me@example.test', ip('2001:db8::1'))
  expect(filter.checkUser('me@example.test', ip('2001:db8::ffff:1')).kind).toBe('allow')
  expect(filter.checkUser('me@example.test', ip('2001:db8:0:1::1')).kind).toBe('throttle')
})

it('tells what else concerns an address, and that somebody has logged in from there', async () => {
  fixture.lapi.add({ value: '192.0.2.1', origin: 'CAPI' })
  fixture.lapi.add({ value: '192.0.2.0/24', type: 'captcha' })
  fixture.lapi.add({ value: '192.0.2.0/24', type: 'nothing_we_know' })
  fixture.lapi.add({ value: '198.51.100.1' })
  const filter = await fixture.started(withLogins(0))
  expect(filter.check(home)).toMatchObject({
    kind: 'ban',
    decision: { origin: 'CAPI' },
    others: [{ kind: 'captcha', decision: { value: '192.0.2.0/24' } }],
  })
  expect(filter.check(elsewhere)).toEqual({
    kind: 'ban',
    decision: expect.objectContaining({ value: '198.51.100.1' }),
  })
  filter.noteStrongLogin('me@example.test', elsewhere)
  expect(filter.check(elsewhere)).toMatchObject({ kind: 'ban', hasLoggedIn: true })
})

it('remembers only so many logins, the latest', () => {
  const logins = new StrongLogins({ clock: systemClock, maxEntries: 10 })
  for (let count = 0; count < 100; count += 1) logins.note('me', ip(`10.0.0.${count}`))
  expect(logins.size).toBe(10)
  const has = (text: string): boolean => logins.has(ip(text), 60_000)
  expect([has('10.0.0.99'), has('10.0.0.1')]).toEqual([true, false])
})

it('remembers logins over a restart, with their age', async () => {
  const path = join(fixture.folder, 'logins')
  const { clock, logger } = fixture
  {
    const logins = new StrongLogins({ clock })
    await using keeper = new LoginKeeper({ path, logins, logger })
    await keeper.start()
    logins.note('me@example.test', home)
  }
  fixture.skippedMs = 10_000
  const logins = new StrongLogins({ clock })
  await using keeper = new LoginKeeper({ path, logins, logger })
  await keeper.start()
  expect(logins.hasFor('me@example.test', home, 60_000)).toBe(true)
  expect(logins.hasFor('me@example.test', home, 9000)).toBe(false)
  expect(logins.has(elsewhere, 60_000)).toBe(false)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(fixture.log).toEqual([])
})

it('a file of logins that is none costs a line in the log', async () => {
  const path = join(fixture.folder, 'logins')
  writeFileSync(path, 'nonsense')
  const { clock, logger } = fixture
  const logins = new StrongLogins({ clock })
  await using keeper = new LoginKeeper({ path, logins, logger })
  await keeper.start()
  expect(logins.size).toBe(0)
  expect(fixture.logged('cannot be read')).toHaveLength(1)
})
