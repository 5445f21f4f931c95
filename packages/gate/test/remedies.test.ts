import type { AccountId } from '@gatepost/core'
import { afterEach, describe, expect, it } from 'vitest'

import { defaultRemedies, type GateOptions, type ListenerRemedies } from '../src/index.ts'
import { closed, EchoDoor, GateFixture, line, loginOf } from './gate-fixture.ts'

const bad = '127.0.0.2'
let fixture: GateFixture

async function open(
  remedies: Partial<ListenerRemedies> = {},
  limits: GateOptions['limits'] = {},
): Promise<GateFixture> {
  fixture = await GateFixture.open({
    remedies: (listener) =>
      listener === 'plain' ? defaultRemedies : { ...defaultRemedies, ...remedies },
    limits,
  })
  return fixture
}
afterEach(() => fixture[Symbol.asyncDispose]())

describe('a ban', () => {
  it('is carried out as each listener says', async () => {
    const { filter, security } = await open({ ban: 'drop' })
    const [{ port: dropping }, { port: refusing }] = [
      await fixture.listen(),
      await fixture.listen({ name: 'plain' }),
    ]
    const decision = filter.ban(bad)
    expect(await line(fixture.dial(dropping, bad))).toBe('(closed)')
    expect(await line(fixture.dial(refusing, bad))).toBe('NO ban')
    expect(security.of('blocked')).toMatchObject([
      { context: { listener: 'test', ip: bad }, event: { decision: { id: decision.id } } },
      { context: { listener: 'plain', ip: bad } },
    ])
    expect(filter.applied).toMatchObject([
      { protocol: 'smtp', family: 4, action: 'refused' },
      { protocol: 'smtp', family: 4, action: 'refused' },
    ])
  })

  it('holds clients in a tarpit, so many at once, and refuses in the end', async () => {
    const { filter, gate } = await open({ ban: 'tarpit' }, { tarpitMs: 40, maxTarpitted: 1 })
    const { port, door } = await fixture.listen()
    filter.ban(bad)
    const [held, next] = [fixture.dial(port, bad), fixture.dial(port, bad)]
    expect([await line(held), await line(next)]).toEqual(['NO ban', 'NO ban'])
    expect(filter.applied.map(({ action }) => action).toSorted()).toEqual(['refused', 'tarpitted'])
    expect(door.accepted).toHaveLength(0)
    expect(gate.clientAddresses().connections).toBe(2)
  })

  it('frees its place in the tarpit when the client goes', async () => {
    const { filter } = await open({ ban: 'tarpit' }, { tarpitMs: 60_000, maxTarpitted: 1 })
    const { port } = await fixture.listen()
    filter.ban(bad)
    const actions = (): string[] => filter.applied.map(({ action }) => action)
    const first = fixture.dial(port, bad)
    await expect.poll(actions).toEqual(['tarpitted'])
    expect(await line(fixture.dial(port, bad))).toBe('NO ban')
    first.destroy()
    await expect
      .poll(async () => {
        const before = actions().length
        fixture.dial(port, bad)
        await expect.poll(() => actions().length).toBe(before + 1)
        return actions().at(-1)
      })
      .toBe('tarpitted')
  })

  it.each([
    [true, 'NO ban true'],
    [false, 'NO ban false'],
  ])(
    'tells a source of good mail to come later, unless it is not to: %s',
    async (mayReturn, words) => {
      fixture = await GateFixture.open({ mayReturn })
      const { port, door } = await fixture.listen()
      door.refusal = (reason) => `NO ${reason.kind} ${'mayReturn' in reason && reason.mayReturn}\n`
      fixture.filter.ban('127.0.0.0/30')
      for (let mail = 0; mail < 10; mail += 1) fixture.gate.known.delivered(bad)
      expect(await line(fixture.dial(port, bad))).toBe(words)
      expect(await line(fixture.dial(port, '127.0.0.3'))).toBe('NO ban false')
    },
  )

  it('at EHLO lets SMTP clients in to be refused there, and no others', async () => {
    const { filter } = await open({ ban: 'refuse_at_hello' })
    const { port, door } = await fixture.listen()
    const { port: imap } = await fixture.listen({ door: new EchoDoor('imap') })
    const decision = filter.ban(bad)
    expect(await line(fixture.dial(port, bad))).toContain('HELLO')
    expect(door.accepted[0]?.judgement).toEqual({ kind: 'refuse_at_hello', decision })
    expect(await line(fixture.dial(imap, bad))).toBe('NO ban')
  })

  it('that is to be ignored is none, and ends nothing', async () => {
    const { filter, security } = await open({ ban: 'ignore' })
    const { port } = await fixture.listen()
    const client = fixture.dial(port, bad)
    await line(client)
    filter.ban(bad)
    client.write('still here\n')
    expect(await line(client)).toBe('still here')
    expect(security.of('sessionCut')).toHaveLength(0)
  })
})

describe('other decisions', () => {
  it('throttle: a client waits, and has one connection at a time', async () => {
    const { filter, security } = await open({}, { slowMs: 20 })
    const { port, door } = await fixture.listen()
    filter.decide('throttle', bad)
    const first = fixture.dial(port, bad)
    expect(await line(first)).toContain('HELLO')
    expect(await line(fixture.dial(port, bad))).toBe('NO busy')
    first.destroy()
    await closed(first)
    await expect.poll(() => line(fixture.dial(port, bad))).toContain('HELLO')
    expect(door.accepted.length).toBeGreaterThan(1)
    expect(security.of('blocked')[0]).toMatchObject({ event: { decision: { type: 'throttle' } } })
  })

  it('throttle: a client that left without a word is not in the way of its next connection', async () => {
    const { filter } = await open({}, { slowMs: 200 })
    const { port, door } = await fixture.listen()
    filter.decide('throttle', bad)
    for (let count = 1; count <= 4; count += 1) {
      const client = fixture.dial(port, bad)
      expect(await line(client)).toContain('HELLO')
      // The next one comes before the server has seen that this one is gone.
      client.resetAndDestroy()
    }
    expect(door.accepted).toHaveLength(4)
  })

  it('captcha: the door is told, and of changes too', async () => {
    const { filter, security } = await open()
    const { port, door } = await fixture.listen()
    const decision = filter.decide('captcha', bad)
    await line(fixture.dial(port, bad))
    const [connection] = door.accepted
    expect(connection?.judgement).toEqual({ kind: 'challenge', decision })
    connection?.refused(decision, 'greylisted')
    connection?.refused(decision, 'greylisted')
    expect(security.of('blocked')).toHaveLength(1)
    filter.lift(decision)
    expect(connection?.judgement).toEqual({ kind: 'serve' })
  })

  it('an allow beats every ban', async () => {
    const { filter } = await open()
    const { port } = await fixture.listen()
    filter.ban(bad)
    filter.decide('allow', '127.0.0.0/8')
    expect(await line(fixture.dial(port, bad))).toContain('HELLO')
  })

  it('on an account end its open sessions, from wherever they come, and no others', async () => {
    const { filter, security } = await open()
    const { port, door } = await fixture.listen()
    const [one, other] = [fixture.dial(port, '127.0.0.4'), fixture.dial(port, '127.0.0.5')]
    await Promise.all([line(one), line(other)])
    for (const connection of door.accepted)
      connection.bindLogin(
        loginOf(
          'a1' as AccountId,
          connection.remote.text === '127.0.0.4' ? 'me@example.test' : 'you@example.test',
        ),
      )
    filter.decide('ban', 'ME@example.test', 'username')
    expect(await line(one)).toBe('BYE decision')
    expect(security.of('sessionCut')).toMatchObject([{ event: { user: 'me@example.test' } }])
    other.write('still here\n')
    expect(await line(other)).toBe('still here')
  })
})

describe('while the Local API does not answer', () => {
  it.each([
    ['open', { kind: 'open' } as const, { state: 'down' } as const, 'HELLO'],
    ['closed', { kind: 'closed' } as const, { state: 'down' } as const, 'NO unavailable'],
    ['closed, but only just', { kind: 'closed' } as const, { state: 'stale' } as const, 'HELLO'],
    [
      'last known, recent',
      { kind: 'last_known', maxAgeMs: 1000 } as const,
      { state: 'down', ageMs: 999 } as const,
      'HELLO',
    ],
    [
      'last known, old',
      { kind: 'last_known', maxAgeMs: 1000 } as const,
      { state: 'down', ageMs: 1001 } as const,
      'NO unavailable',
    ],
    [
      'last known, nothing known',
      { kind: 'last_known', maxAgeMs: 1000 } as const,
      { state: 'down', ageMs: null } as const,
      'NO unavailable',
    ],
    ['closed, without CrowdSec', { kind: 'closed' } as const, { state: 'off' } as const, 'HELLO'],
  ])('%s', async (_name, onFailure, health, answer) => {
    const { filter } = await open({ onFailure })
    filter.health = health
    const { port } = await fixture.listen()
    expect(await line(fixture.dial(port))).toContain(answer)
  })

  it('bans that are known hold, and open sessions go on', async () => {
    const { filter } = await open({ onFailure: { kind: 'closed' } })
    const { port } = await fixture.listen()
    const good = fixture.dial(port)
    await line(good)
    filter.health = { state: 'down' }
    filter.ban(bad)
    expect(await line(fixture.dial(port, bad))).toBe('NO ban')
    good.write('still here\n')
    expect(await line(good)).toBe('still here')
  })
})
