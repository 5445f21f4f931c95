import { expect, it } from 'vitest'

import type { Dialogue } from '../../src/demo/dialogue.ts'
import { jmap, jmapWebSocketOver } from '../../src/demo/jmap.ts'
import { banRange } from './range-scene.ts'
import { owner, useSiege } from './siege.ts'

const siegeOf = useSiege()
const plain = jmapWebSocketOver('http')
const overTls = jmapWebSocketOver('https')

/** Who is told that his bytes are no frame (1002, RFC 6455 section 7.4.1) was connected until then. */
async function isServed(session: Dialogue): Promise<boolean> {
  session.say('x')
  const end = (await session.rest()).at(-1) ?? ''
  return end.includes('\u0003') && !plain.farewell.test(end)
}

it('an attacker loses his idle WebSockets, with a close frame; his neighbour keeps his own', async (context) => {
  const siege = siegeOf(context)
  const address = '127.0.1.1'
  using open = new DisposableStack()
  const cut = []
  for (const protocol of [plain, overTls])
    cut.push(open.use(await protocol.stay(siege.visitor(address), owner)))
  const kept = open.use(await plain.stay(siege.visitor('127.0.1.2'), owner))
  await siege.guess(address, 6)
  for (const session of cut) expect((await session.rest()).at(-1)).toMatch(plain.farewell)
  await siege.banned(address)
  expect(siege.events(address).filter((event) => event === 'session_cut')).toHaveLength(2)
  expect(await isServed(kept)).toBe(true)
  expect(siege.events('127.0.1.2')).not.toContain('session_cut')
})

it('a decision on a network ends those in it, refuses all of it, and nobody else', async (context) => {
  const { stage } = siegeOf(context)
  const report = await banRange(stage, {
    owner,
    protocols: [plain, overTls],
    range: '127.0.40.128/25',
    inside: ['127.0.40.128', '127.0.40.255'],
    outside: '127.0.40.127',
  })
  for (const farewell of report.farewells) expect(farewell).toMatch(plain.farewell)
  for (const refusal of report.refusals) expect(refusal).toMatch(jmap.refusal)
  for (const welcome of report.welcomes) expect(welcome).toMatch(jmap.welcome)
})

it('a decision on an account ends its own, from wherever; others at the same address stay', async (context) => {
  const siege = siegeOf(context)
  const banned = { user: 'banned@example.test', password: 'correct horse battery' }
  await siege.stage.addAccount(banned)
  using open = new DisposableStack()
  const cut = []
  for (const address of ['127.0.11.1', '127.0.11.2'])
    cut.push(open.use(await plain.stay(siege.visitor(address), banned)))
  const kept = open.use(await plain.stay(siege.visitor('127.0.11.1'), owner))
  const { cscli } = siege.stage
  await cscli('decisions', 'add', '--scope', 'username', '--value', banned.user, '--type', 'ban')
  for (const session of cut) expect((await session.rest()).at(-1)).toMatch(plain.farewell)
  await siege.accountUnder(banned.user, 'ban')
  expect(await isServed(kept)).toBe(true)
  expect(siege.events('127.0.11.2')).toEqual(['auth_success', 'session_cut'])
})
