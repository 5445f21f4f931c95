import { request } from 'undici'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { owner, patience, protocols, useSiege, type Siege } from './siege.ts'

// Long enough for a Local API that is well, on a machine that is busy.
const siegeOf = useSiege(() => ({ GATEPOST__CROWDSEC__TIMEOUT_SECONDS: '1' }))

const loggedIn = /^(?:235|a OK|HTTP\/1\.1 200)/
let paused: number | undefined
afterEach(() => {
  if (paused !== undefined) process.kill(paused, 'SIGCONT')
  paused = undefined
})

/** The engine's process, and how often it has been started. */
function engine({ log }: Siege): { readonly pid: number; readonly starts: number } {
  const lines = log.filter((line) => line.includes('CrowdSec engine reads the security events'))
  const { pid } = JSON.parse(lines.at(-1) ?? '{}') as { readonly pid: number }
  return { pid, starts: lines.length }
}
async function readiness(siege: Siege): Promise<string> {
  const url = `http://127.0.0.1:${siege.stage.port('admin')}/readyz`
  const { statusCode, body } = await request(url)
  const { status } = (await body.json()) as { readonly status: string }
  return `${statusCode} ${status}`
}
async function untilReadiness(siege: Siege, wanted: string): Promise<void> {
  await vi.waitUntil(async () => (await readiness(siege)) === wanted, patience)
}
/** Good clients and attackers come, one after the other, until that has happened. Answers what the good ones were told. */
async function underAttack(
  siege: Siege,
  network: string,
  happens: Promise<void>,
): Promise<string[]> {
  const over = new AbortController()
  const told: string[] = []
  const attack = async (): Promise<void> => {
    for (let round = 1; !over.signal.aborted; round += 1)
      for (const protocol of protocols) {
        told.push(await protocol.logIn(siege.visitor('127.0.20.1'), owner))
        await siege.guess(`${network}.${round}`, 1, [protocol])
      }
  }
  await Promise.all([attack(), happens.finally(() => over.abort())])
  return told
}
async function expectHeld(siege: Siege, banned: string): Promise<void> {
  for (const protocol of protocols) {
    expect(await protocol.knock(siege.visitor(banned))).toMatch(protocol.refusal)
    expect(await protocol.knock(siege.visitor('127.0.20.2'))).toMatch(protocol.welcome)
  }
}

describe('under attack', () => {
  it('the engine is killed and comes back: bans hold, good clients are served all the time, and it is said', async (context) => {
    const siege = siegeOf(context)
    await siege.guess('127.0.22.1', 6)
    const { decision } = await siege.banned('127.0.22.1')
    const { pid, starts } = engine(siege)
    process.kill(pid, 'SIGKILL')
    const told = await underAttack(siege, '127.0.21', untilReadiness(siege, '200 degraded'))
    await expectHeld(siege, '127.0.22.1')
    const returned = vi.waitUntil(() => engine(siege).starts > starts, patience)
    const ready = returned.then(() => untilReadiness(siege, '200 ready'))
    told.push(...(await underAttack(siege, '127.0.23', ready)))
    expect(told.filter((reply) => !loggedIn.test(reply))).toEqual([])
    await expectHeld(siege, '127.0.22.1')
    expect((await siege.banned('127.0.22.1')).decision.id).toBe(decision.id)
  })

  it('the Local API hangs and goes on: the same', async (context) => {
    const siege = siegeOf(context)
    await siege.stage.cscli('decisions', 'add', '--ip', '127.0.22.2')
    await siege.banned('127.0.22.2')
    paused = engine(siege).pid
    process.kill(paused, 'SIGSTOP')
    const told = await underAttack(siege, '127.0.24', untilReadiness(siege, '200 degraded'))
    await expectHeld(siege, '127.0.22.2')
    process.kill(paused, 'SIGCONT')
    told.push(...(await underAttack(siege, '127.0.25', untilReadiness(siege, '200 ready'))))
    expect(told.filter((reply) => !loggedIn.test(reply))).toEqual([])
    await expectHeld(siege, '127.0.22.2')
    await siege.stage.cscli('decisions', 'delete', '--ip', '127.0.22.2')
    await siege.pardoned('127.0.22.2')
  })

  it('an attacker who comes after the outage is banned as before', async (context) => {
    const siege = siegeOf(context)
    await untilReadiness(siege, '200 ready')
    await siege.guess('127.0.22.3', 6)
    expect((await siege.banned('127.0.22.3')).decision.scenario).toBe('gatepost/mail-bf')
  })
})
