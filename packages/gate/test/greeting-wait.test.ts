import { parseNetwork } from '@gatepost/core'
import { PrometheusMetrics } from '@gatepost/telemetry'
import { afterEach, describe, expect, it } from 'vitest'

import type { GateOptions } from '../src/index.ts'
import { closed, GateFixture, line } from './gate-fixture.ts'

/** Longer than any test: who is greeted nonetheless has not waited. */
const forever = 3_600_000
const short = 20
const day = 86_400_000
const client = '127.0.0.2'
let metrics: PrometheusMetrics
let fixture: GateFixture

async function open(options: Partial<GateOptions> = {}): Promise<void> {
  metrics = new PrometheusMetrics()
  fixture = await GateFixture.open({ metrics, ...options })
}
async function waiting(): Promise<number> {
  const text = await metrics.render()
  return Number(/^gatepost_greeting_waiting (\d+)$/m.exec(text)?.[1])
}
function header(host: number): string {
  return `PROXY TCP4 192.0.2.${host} 127.0.0.1 4711 25\r\n`
}
afterEach(() => fixture[Symbol.asyncDispose]())

describe('a client that is not known', () => {
  it('waits for the greeting, once, and on no listener again', async () => {
    await open()
    const { port } = await fixture.listen({ greetingWaitMs: short })
    const { port: longer } = await fixture.listen({ greetingWaitMs: forever })
    expect(await line(fixture.dial(port, client))).toContain('HELLO')
    expect(await line(fixture.dial(longer, client))).toContain('HELLO')
    expect(await metrics.render()).toContain(
      'gatepost_greeting_waits_total{listener="test",outcome="silent"} 1',
    )
  })

  it('is handed over at once when it speaks, with what it has said, and is not known after it', async () => {
    await open()
    const { port, door } = await fixture.listen({ greetingWaitMs: forever })
    for (let count = 0; count < 2; count += 1) {
      const early = fixture.dial(port, client)
      early.write('early\n')
      let text = ''
      while (!text.includes('early')) text += await line(early)
      expect(text).toContain('HELLO')
    }
    expect(door.accepted.map(({ hasTalkedEarly }) => hasTalkedEarly)).toEqual([true, true])
  })

  it('costs nothing more when it leaves, and is not served', async () => {
    await open()
    const { port, door } = await fixture.listen({ greetingWaitMs: forever })
    const [ending, resetting] = [fixture.dial(port, client), fixture.dial(port, client)]
    await expect.poll(waiting).toBe(2)
    ending.end()
    resetting.resetAndDestroy()
    await expect.poll(waiting).toBe(0)
    expect(door.accepted).toEqual([])
  })

  it('goes when it is banned, and when the server stops', async () => {
    await open()
    const { port } = await fixture.listen({ greetingWaitMs: forever })
    const [banned, other] = [fixture.dial(port, client), fixture.dial(port, '127.0.0.3')]
    await expect.poll(waiting).toBe(2)
    fixture.filter.ban(client)
    await closed(banned)
    const stopped = fixture.gate[Symbol.asyncDispose]()
    await closed(other)
    await stopped
    expect(await waiting()).toBe(0)
  })

  it('waits again after a day', async () => {
    let now = 0
    await open({ clock: { now: () => 0, monotonic: () => now } })
    const { port } = await fixture.listen({ greetingWaitMs: short })
    const { port: longer } = await fixture.listen({ greetingWaitMs: forever })
    await line(fixture.dial(port, client))
    now = day
    fixture.dial(longer, client)
    await expect.poll(waiting).toBe(1)
  })
})

describe('no wait', () => {
  it('for networks that are greeted at once', async () => {
    await open({
      greetedAtOnce: [parseNetwork('127.0.0.0/30')].flatMap((network) => network ?? []),
    })
    const { port } = await fixture.listen({ greetingWaitMs: forever })
    expect(await line(fixture.dial(port, client))).toContain('HELLO')
  })

  it('for whoever has a wait already, or is refused anyway', async () => {
    await open({ limits: { slowMs: short } })
    const { port } = await fixture.listen({ greetingWaitMs: forever })
    fixture.filter.decide('throttle', client)
    fixture.filter.ban('127.0.0.3')
    expect(await line(fixture.dial(port, client))).toContain('HELLO')
    expect(await line(fixture.dial(port, '127.0.0.3'))).toBe('NO ban')
  })

  it('when enough are waiting', async () => {
    await open({ limits: { maxGreetingWaits: 1 } })
    const { port } = await fixture.listen({ greetingWaitMs: forever })
    fixture.dial(port, client)
    await expect.poll(waiting).toBe(1)
    expect(await line(fixture.dial(port, '127.0.0.3'))).toContain('HELLO')
  })

  it('when strangers have half of what they may have', async () => {
    await open({ limits: { maxConnections: 8 } })
    const { port } = await fixture.listen({ greetingWaitMs: forever })
    const { port: other } = await fixture.listen({ name: 'other', greetingWaitMs: forever })
    for (const to of [port, port, other]) fixture.dial(to, client)
    await expect.poll(waiting).toBe(3)
    expect(await line(fixture.dial(other, '127.0.0.3'))).toContain('HELLO')
  })
})

it('behind a proxy the wait begins after the header, and is the client’s', async () => {
  await open()
  const { port } = await fixture.listen({ isProxied: true, greetingWaitMs: short })
  const { port: longer, door } = await fixture.listen({ isProxied: true, greetingWaitMs: forever })
  const dial = (to: number, bytes: string): ReturnType<GateFixture['dial']> => {
    const socket = fixture.dial(to, '127.0.0.9')
    socket.write(bytes)
    return socket
  }
  expect(await line(dial(port, header(7)))).toBe('HELLO 192.0.2.7 true false')
  expect(await line(dial(longer, header(7)))).toContain('HELLO')
  dial(longer, header(8))
  await expect.poll(waiting).toBe(1)
  expect(await line(dial(longer, `${header(9)}early\n`))).toContain('HELLO')
  expect(door.accepted.map(({ hasTalkedEarly }) => hasTalkedEarly)).toEqual([false, true])
})
