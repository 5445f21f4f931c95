import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import type { CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { GateLimits, ListenOptions } from '../src/index.ts'
import { closed, GateFixture, line, type EchoDoor } from './gate-fixture.ts'

let fixture: GateFixture
let filter: SwitchFilter
let security: CollectingSecurityLog

async function open(limits: Partial<GateLimits> = {}): Promise<void> {
  fixture = await GateFixture.open({ limits })
  ;({ filter, security } = fixture)
}
function listen(more: Partial<ListenOptions> = {}): Promise<{ port: number; door: EchoDoor }> {
  return fixture.listen(more)
}
function dial(port: number, localAddress?: string): Socket {
  return fixture.dial(port, localAddress)
}

beforeEach(() => open())
afterEach(() => fixture[Symbol.asyncDispose]())

describe('the connection filter', () => {
  it('refuses a banned address in the words of the protocol and logs the decision', async () => {
    const { port, door } = await listen()
    const decision = filter.ban('127.0.0.2')
    const banned = dial(port, '127.0.0.2')
    expect(await line(banned)).toBe('NO ban')
    await closed(banned)
    expect(await line(dial(port, '127.0.0.3'))).toBe('HELLO 127.0.0.3 true false')
    expect(door.accepted).toHaveLength(1)
    expect(security.of('blocked')).toMatchObject([
      { context: { ip: '127.0.0.2' }, event: { decision: { id: decision.id } } },
    ])
    filter.lift(decision)
    expect(await line(dial(port, '127.0.0.2'))).toBe('HELLO 127.0.0.2 true false')
  })

  it('spends no handshake on a banned address', async () => {
    const { port } = await listen({ isImplicitTls: true })
    filter.ban('127.0.0.2')
    const banned = dial(port, '127.0.0.2')
    await closed(banned)
    expect(banned.bytesRead).toBe(0)
  })

  it('ends the open sessions of an address that is banned now, and no others', async () => {
    const { port } = await listen()
    const [bad, good] = [dial(port, '127.0.0.2'), dial(port, '127.0.0.3')]
    await Promise.all([line(bad), line(good)])
    filter.ban('127.0.0.0/30')
    expect(await line(bad)).toBe('BYE decision')
    await closed(bad)
    expect(await line(good)).toBe('BYE decision')
    expect(security.of('sessionCut')).toHaveLength(2)
    expect(await line(dial(port, '127.0.0.5'))).toContain('HELLO')
  })

  it('destroys a session that does not go when it is told to', async () => {
    const { port, door } = await listen()
    door.accept = (connection) => {
      connection.onEnd(() => undefined)
      connection.socket.write('HELLO\n')
    }
    const client = dial(port, '127.0.0.2')
    await line(client)
    filter.ban('127.0.0.2')
    await closed(client)
    expect(security.of('sessionCut')).toHaveLength(1)
  })
})

describe('PROXY protocol', () => {
  it('takes the client from the header of a trusted proxy, and bans the client, not the proxy', async () => {
    const { port } = await listen({ isProxied: true })
    filter.ban('192.0.2.66')
    const [banned, good] = [dial(port, '127.0.0.9'), dial(port, '127.0.0.9')]
    banned.write('PROXY TCP4 192.0.2.66 127.0.0.1 4711 25\r\n')
    good.write('PROXY TCP4 192.0.2.67 127.0.0.1 4711 25\r\nping\n')
    expect(await line(banned)).toBe('NO ban')
    let text = ''
    while (!text.includes('ping')) text += `${await line(good)}\n`
    expect(text).toBe('HELLO 192.0.2.67 true false\nping\n')
  })

  it('serves TLS behind the header', async () => {
    const { port } = await listen({ isProxied: true, isImplicitTls: true })
    const raw = dial(port, '127.0.0.9')
    raw.write('PROXY TCP6 2001:db8::7 ::1 4711 25\r\n')
    const secured = connectTls({ socket: raw, rejectUnauthorized: false })
    fixture.keep(secured)
    expect(await line(secured)).toBe('HELLO 2001:db8::7 true true')
  })

  it('closes on a trusted proxy that sends no header', async () => {
    const { port, door } = await listen({ isProxied: true })
    const client = dial(port, '127.0.0.9')
    client.write('EHLO x\r\n')
    await closed(client)
    expect(door.accepted).toEqual([])
  })

  it('believes no header of anybody else', async () => {
    const { port } = await listen({ isProxied: true })
    filter.ban('127.0.0.2')
    const client = dial(port, '127.0.0.2')
    client.write('PROXY TCP4 192.0.2.67 127.0.0.1 4711 25\r\n')
    expect(await line(client)).toBe('NO ban')
  })

  it('survives a client that resets before, within and after the header', async () => {
    const { port } = await listen({ isProxied: true })
    for (const bytes of ['', 'PROXY TC', 'PROXY TCP4 192.0.2.67 127.0.0.1 4711 25\r\n']) {
      const client = dial(port, '127.0.0.9')
      await once(client, 'connect')
      if (bytes !== '') await new Promise((resolve) => client.write(bytes, resolve))
      client.resetAndDestroy()
    }
    expect(await line(dial(port))).toContain('HELLO')
  })
})

describe('limits', () => {
  it('turns away what is over the caps, and serves again when there is room', async () => {
    await open({ maxConnections: 4, maxConnectionsPerAddress: 1 })
    const { port } = await listen()
    const first = dial(port, '127.0.0.2')
    await line(first)
    expect(await line(dial(port, '127.0.0.2'))).toBe('NO busy')
    expect(security.of('connectionLimited')).toMatchObject([
      { context: { ip: '127.0.0.2' }, event: { open: 1 } },
    ])
    await line(dial(port, '127.0.0.3'))
    expect(await line(dial(port, '127.0.0.4'))).toBe('NO busy')
    first.end()
    await closed(first)
    let answer = 'NO busy'
    while (answer === 'NO busy') answer = await line(dial(port, '127.0.0.4'))
    expect(answer).toContain('HELLO')
  })

  it('gives up on a handshake that does not come', async () => {
    await open({ handshakeMs: 20 })
    const { port } = await listen({ isImplicitTls: true })
    await closed(dial(port))
    expect((await security.first('slowClient')).event).toEqual({ kind: 'tls_handshake' })
  })

  it('knows HTTP where TLS was to begin', async () => {
    const { port } = await listen({ isImplicitTls: true })
    const client = dial(port)
    client.write('GET / HTTP/1.1\r\n\r\n')
    expect((await security.first('protocolAbuse')).event).toMatchObject({
      kind: 'http_on_mail_port',
    })
  })

  it('gives up on a PROXY header that does not come', async () => {
    await open({ proxyHeaderMs: 20 })
    const { port } = await listen({ isProxied: true })
    const client = dial(port, '127.0.0.9')
    await closed(client)
    expect(client.bytesRead).toBe(0)
  })
})

it('upgrades a connection to TLS on request', async () => {
  const { port, door } = await listen()
  door.accept = (connection) => {
    connection.socket.write('go\n', () => {
      void connection.startTls().then((socket) => socket.write(`secret ${connection.isSecure}\n`))
    })
  }
  const raw = dial(port)
  expect(await line(raw)).toBe('go')
  const secured = connectTls({ socket: raw, rejectUnauthorized: false })
  fixture.keep(secured)
  expect(await line(secured)).toBe('secret true')
})

it('refuses TLS below 1.2', async () => {
  const { port } = await listen({ isImplicitTls: true })
  const old = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  fixture.keep(old)
  const [error] = (await once(old, 'error')) as [Error]
  expect(error.message).toMatch(/alert protocol version|unsupported protocol|version/i)
})

it('says good-bye to every session when it stops', async () => {
  const { port } = await listen()
  const client = dial(port)
  await line(client)
  const stopped = fixture.gate[Symbol.asyncDispose]()
  expect(await line(client)).toBe('BYE shutdown')
  await stopped
})

it('serves nobody whose PROXY header comes when the gate has been closed', async () => {
  const { port, door } = await listen({ isProxied: true })
  const client = dial(port, '127.0.0.9')
  await once(client, 'connect')
  client.write('PROXY TCP4 192.0.2.67 ')
  // Behind it in the backlog: with its greeting the one before has been accepted too.
  const other = dial(port)
  await line(other)
  const stopped = fixture.gate[Symbol.asyncDispose]()
  await closed(other)
  await stopped
  client.write('127.0.0.1 4711 25\r\n')
  await closed(client)
  expect(door.accepted).toHaveLength(1)
})
