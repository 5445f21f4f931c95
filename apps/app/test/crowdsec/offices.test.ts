import { expect, it } from 'vitest'

import { imap } from '../../src/demo/imap.ts'
import { smtp } from '../../src/demo/smtp.ts'
import { newAccount } from './scenario-attacks.ts'
import { owner, protocols, useSiege, type Siege } from './siege.ts'

const siegeOf = useSiege(() => ({ GATEPOST__REMEDIATION__SLOW_SECONDS: '0.01' }))

/** As Thunderbird's wizard goes about it: a name that it has guessed and the bare one, over both protocols, and then what the user has typed. */
async function setUp(siege: Siege, address: string, name: string): Promise<void> {
  const account = await newAccount(siege, name)
  const visitor = siege.visitor(address)
  for (const user of [`${name}@mail.example.test`, `${name}.x`])
    for (const protocol of [imap, smtp])
      await protocol.logIn(visitor, { user, password: account.password })
  for (const protocol of [imap, smtp])
    expect(await protocol.logIn(visitor, account)).toMatch(/^(?:a OK|235)/)
}

it('an office of twenty that sets up its mail programs behind one address is never banned; five invented names are', async (context) => {
  const siege = siegeOf(context)
  const office = '127.0.30.1'
  for (let person = 0; person < 20; person += 1) await setUp(siege, office, `person${person}`)
  for (let count = 0; count < 5; count += 1)
    await siege.guess('127.0.30.2', 1, [imap], `invented${count}@example.test`)
  const { decision } = await siege.banned('127.0.30.2')
  expect(decision.scenario).toBe('gatepost/mail-login-enumeration')
  await siege.judged('127.0.30.3')
  expect(siege.events(office).filter((event) => event === 'auth_failed').length).toBeGreaterThan(70)
  for (const protocol of protocols)
    expect(await protocol.knock(siege.visitor(office))).toMatch(protocol.welcome)
  expect(siege.stage.server.filter.decisions().map(({ value }) => value)).not.toContain(office)
})

it('an attacker in an office slows the account that he guesses at, also for those at its own address; the office works on', async (context) => {
  const siege = siegeOf(context)
  const office = '127.0.30.10'
  const people = []
  for (const name of ['ann', 'bob', 'eve']) people.push(await newAccount(siege, name))
  for (const account of people)
    expect(await imap.logIn(siege.visitor(office), account)).toMatch(/^a OK/)
  const [victim = owner, colleague = owner] = people
  await siege.guess(office, 10, [smtp, imap], victim.user)
  const decision = await siege.accountUnder(victim.user, 'throttle')
  expect(decision.scenario).toBe('gatepost/mail-bf_shared')
  await siege.judged('127.0.30.11')
  expect(await smtp.logIn(siege.visitor(office), { ...victim, password: 'one more' })).toMatch(
    /^535/,
  )
  expect(siege.events(office).at(-2)).toBe('blocked')
  expect(await imap.logIn(siege.visitor(office), colleague)).toMatch(/^a OK/)
  expect(siege.stage.server.filter.decisions().map(({ value }) => value)).not.toContain(office)
})
