import { dirname, join } from 'node:path'
import { execPath } from 'node:process'

import { ScriptedSmtpServer } from '@gatepost/testkit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import type { Credentials, Visitor } from '../../src/demo/visitor.ts'
import { runProgram } from '../mail/support/external-program.ts'
import { owner, patience, protocols, useSiege, type Siege } from './siege.ts'

let elsewhere: ScriptedSmtpServer
beforeAll(async () => {
  elsewhere = await ScriptedSmtpServer.listen()
})
afterAll(() => elsewhere[Symbol.asyncDispose]())
const siegeOf = useSiege(() => ({
  GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${elsewhere.port}`,
  GATEPOST__DETECT__BURST_RECIPIENTS: '3',
  GATEPOST__REMEDIATION__SLOW_SECONDS: '0.01',
}))

const loggedIn = /^(?:235|a OK|HTTP\/1\.1 200)/

async function account(siege: Siege, name: string): Promise<Credentials> {
  const credentials = { user: `${name}@example.test`, password: `${name} has a password` }
  await siege.stage.addAccount(credentials)
  return credentials
}
async function send(visitor: Visitor, from: Credentials, to: readonly string[]): Promise<string> {
  using dialogue = await smtp.stay(visitor, from)
  await dialogue.ask(`MAIL FROM:<${from.user}>`, /^250 /)
  for (const recipient of to) await dialogue.ask(`RCPT TO:<${recipient}>`, /^250 /)
  await dialogue.ask('DATA', /^354 /)
  for (const line of [`From: ${from.user}`, 'Subject: x', '', 'x']) dialogue.say(line)
  return await dialogue.ask('.', /^\d{3} /)
}
function gatepost(siege: Siege, ...args: string[]): ReturnType<typeof runProgram> {
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  const data = dirname(dirname(siege.stage.server.certificate.certificateFile))
  return runProgram(execPath, [cli, ...args], { GATEPOST__DATA: data })
}

it('an account that is attacked from everywhere is slowed on every protocol; its owner gets in, and nobody else is concerned', async (context) => {
  const siege = siegeOf(context)
  const victim = await account(siege, 'victim')
  for (let count = 0; count < 11; count += 1) {
    const guess = { user: victim.user, password: `guess ${count}` }
    await protocols[count % 3]?.logIn(siege.visitor(`127.0.10.${count + 1}`), guess)
  }
  const decision = await siege.accountUnder(victim.user, 'throttle')
  expect(decision).toMatchObject({
    scope: 'username',
    value: victim.user,
    scenario: 'gatepost/mail-account-attack',
  })
  for (const protocol of protocols) {
    expect(await protocol.logIn(siege.visitor('127.0.10.20'), victim)).toMatch(loggedIn)
    expect(await protocol.logIn(siege.visitor('127.0.10.1'), owner)).toMatch(loggedIn)
  }
  // Once he is in he is known there, and the throttle is for others.
  const [first, ...others] = protocols.map(() => 'auth_success')
  expect(siege.events('127.0.10.20')).toEqual(['blocked', first, ...others])
  expect(siege.events('127.0.10.1')).not.toContain('blocked')
})

it('a ban on an account refuses it everywhere, whatever the password, and ends its sessions; others at the same address go on', async (context) => {
  const siege = siegeOf(context)
  const banned = await account(siege, 'banned')
  const [home, travel] = [siege.visitor('127.0.11.1'), siege.visitor('127.0.11.2')]
  using open = new DisposableStack()
  const cut = []
  for (const protocol of protocols) cut.push(open.use(await protocol.stay(home, banned)))
  const other = open.use(await smtp.stay(home, owner))

  const { cscli } = siege.stage
  await cscli('decisions', 'add', '--scope', 'username', '--value', banned.user, '--type', 'ban')
  const { id } = await siege.accountUnder(banned.user, 'ban')
  for (const [index, protocol] of protocols.entries())
    expect((await cut[index]?.rest())?.at(-1) ?? '').toMatch(protocol.farewell)
  const refusals = [/^454 4\.7\.0 /, /^a NO \[UNAVAILABLE\] /, /^HTTP\/1\.1 429 /]
  for (const [index, protocol] of protocols.entries())
    for (const visitor of [home, travel]) {
      const right = await protocol.logIn(visitor, banned)
      expect(right).toMatch(refusals[index] ?? '')
      expect(await protocol.logIn(visitor, { ...banned, password: 'wrong' })).toBe(right)
      expect(await protocol.logIn(visitor, owner)).toMatch(loggedIn)
    }
  expect(await other.ask('NOOP', /^\d{3} /)).toMatch(/^250 /)
  expect(siege.events('127.0.11.2')).not.toContain('auth_failed')

  await cscli('decisions', 'delete', '--id', `${id}`)
  await siege.accountFree(banned.user)
  for (const protocol of protocols) expect(await protocol.logIn(travel, banned)).toMatch(loggedIn)
})

it('an account that suddenly sends to many has its mail held, until `gatepost queue retry`', async (context) => {
  const siege = siegeOf(context)
  const hijacked = await account(siege, 'hijacked')
  const visitor = siege.visitor('127.0.12.1')
  await send(visitor, hijacked, ['a@example.org', 'b@example.org', 'c@example.org'])
  await elsewhere.seen(() => elsewhere.messages.length === 1)
  const decision = await siege.accountUnder(hijacked.user, 'hold')
  expect(decision.scenario).toBe('gatepost/mail-outbound-burst')

  expect(await send(visitor, hijacked, ['d@example.org'])).toMatch(/^250 /)
  await send(visitor, owner, ['e@example.org'])
  await elsewhere.seen(() => elsewhere.messages.length === 2)
  expect(elsewhere.messages[1]?.to).toEqual(['e@example.org'])
  const { queue } = siege.stage.server.store
  await vi.waitUntil(async () => (await queue.list(10)).length === 1, patience)
  const [held] = await queue.list(1)
  expect(held).toMatchObject({
    message: { reversePath: hijacked.user },
    recipients: [{ address: 'd@example.org', attempts: 0 }],
  })
  // The Local API tells the end of a decision as what is left of it: a few milliseconds off each time.
  expect(held?.recipients[0]?.nextAttemptAt).toBeCloseTo(decision.until, -5)

  const retry = await gatepost(siege, 'queue', 'retry')
  expect(retry).toMatchObject({ code: 0, stdout: '1 recipients are due now\n' })
  await elsewhere.seen(() => elsewhere.messages.length === 3)
  expect(elsewhere.messages[2]?.to).toEqual(['d@example.org'])
})
