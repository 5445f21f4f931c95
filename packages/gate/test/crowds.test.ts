import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

import { parseIp, type AccountId } from '@gatepost/core'
import { afterEach, describe, expect, it } from 'vitest'

import type { GateOptions } from '../src/index.ts'
import { closed, GateFixture, line, loginOf } from './gate-fixture.ts'

const proxy = '127.0.0.9'
let fixture: GateFixture

async function open(options: Partial<GateOptions> = {}): Promise<void> {
  fixture = await GateFixture.open(options)
}
/** A client whom the gate sees under this address. */
function dialAs(port: number, address: string): Socket {
  const socket = fixture.dial(port, proxy)
  const family = address.includes(':') ? 'TCP6' : 'TCP4'
  const own = family === 'TCP6' ? '::1' : '127.0.0.1'
  socket.write(`PROXY ${family} ${address} ${own} 4711 25\r\n`)
  return socket
}
function secure(port: number, localAddress?: string, more: object = {}): TLSSocket {
  const raw = fixture.dial(port, localAddress)
  const secured = connectTls({ socket: raw, rejectUnauthorized: false, ...more })
  secured.on('error', () => undefined)
  fixture.keep(secured)
  return secured
}
afterEach(() => fixture[Symbol.asyncDispose]())

describe('one IPv6 /64 with many addresses', () => {
  it('has the share of one address, and the event says how much it holds', async () => {
    await open({ limits: { maxConnections: 64, maxConnectionsPerAddress: 3 } })
    const { port } = await fixture.listen({ isProxied: true })
    for (let host = 1; host <= 3; host += 1)
      expect(await line(dialAs(port, `2001:db8::${host}`))).toContain('HELLO')
    expect(await line(dialAs(port, '2001:db8::4'))).toBe('NO busy')
    expect(await line(dialAs(port, '2001:db8:0:1::4'))).toContain('HELLO')
    expect(fixture.security.of('connectionLimited')).toMatchObject([
      { context: { ip: '2001:db8::4' }, event: { kind: 'per_address', open: 3 } },
    ])
  })
})

describe('a crowd of silent strangers', () => {
  it('does not have all the places: who is known finds room, on every listener', async () => {
    await open({ limits: { maxConnections: 8 } })
    const { port } = await fixture.listen({ isProxied: true })
    const { port: other } = await fixture.listen({ name: 'other', isProxied: true })
    for (let host = 1; host <= 4; host += 1)
      expect(await line(dialAs(port, `10.0.${host}.1`))).toContain('HELLO')
    expect(await line(dialAs(port, '10.0.9.1'))).toBe('NO busy')
    for (let host = 5; host <= 6; host += 1)
      expect(await line(dialAs(other, `10.0.${host}.1`))).toContain('HELLO')
    expect(await line(dialAs(other, '10.0.9.1'))).toBe('NO busy')

    fixture.gate.known.loggedIn('me@example.test', parseIp('192.0.2.1') ?? expect.unreachable())
    for (let mail = 0; mail < 10; mail += 1) fixture.gate.known.delivered('192.0.2.2')
    expect(await line(dialAs(port, '192.0.2.1'))).toContain('HELLO')
    expect(await line(dialAs(port, '192.0.2.2'))).toContain('HELLO')
  })

  it('loses its patience limits under stress: the silent go with an event, the busy and the logged in stay', async () => {
    let now = 0
    const clock = { now: () => 0, monotonic: () => now }
    await open({ clock, limits: { maxConnections: 8, stressSweepMs: 5 } })
    const { port, door } = await fixture.listen({ isProxied: true })
    const { port: other } = await fixture.listen({ name: 'other', isProxied: true })
    const clients = []
    for (let host = 1; host <= 5; host += 1) {
      const client = dialAs(host < 4 ? port : other, `10.0.${host}.1`)
      await line(client)
      clients.push(client)
    }
    const [silent, busy] = clients
    // One sweep sees what each has sent so far.
    await expect.poll(() => door.accepted.length).toBe(3)
    busy?.write('ping\n')
    await once(busy ?? expect.unreachable(), 'data')
    await new Promise((resolve) => setImmediate(resolve))
    now += 9999
    busy?.write('ping\n')
    await once(busy ?? expect.unreachable(), 'data')
    expect(fixture.security.of('slowClient')).toEqual([])
    await expect
      .poll(() => {
        now += 5000
        busy?.write('ping\n')
        return fixture.security.of('slowClient').length
      })
      .toBeGreaterThan(0)
    expect(await line(silent ?? expect.unreachable())).toBe('BYE idle')
    expect(fixture.security.of('slowClient')[0]).toMatchObject({ event: { kind: 'command' } })
    expect(busy?.destroyed).toBe(false)
  })

  it('leaves the connections of a trusted proxy alone, which are those of others', async () => {
    let now = 0
    await open({
      clock: { now: () => 0, monotonic: () => now },
      limits: { maxConnections: 8, stressSweepMs: 5 },
    })
    const { port } = await fixture.listen({ name: 'http' })
    const ofProxy = fixture.dial(port, proxy)
    await line(ofProxy)
    const { port: proxied } = await fixture.listen({ isProxied: true })
    for (let host = 1; host <= 4; host += 1) await line(dialAs(proxied, `10.0.${host}.1`))
    await expect
      .poll(() => {
        now += 5000
        return fixture.security.of('slowClient').length
      })
      .toBe(4)
    expect(fixture.security.of('slowClient').map(({ context }) => context.ip)).not.toContain(proxy)
    ofProxy.write('ping\n')
    expect(await line(ofProxy)).toBe('ping')
  })
})

/** All within one window, however busy the machine is. */
const stopped = { now: () => 0, monotonic: () => 0 }

it('one account has so many connections, wherever they come from, and gives them back', async () => {
  await open({ limits: { maxConnectionsPerAccount: 2 } })
  const { port, door } = await fixture.listen()
  const accountId = 'a1' as AccountId
  const clients: Socket[] = []
  for (let host = 1; host <= 3; host += 1) {
    const client = fixture.dial(port, `127.0.1.${host}`)
    await line(client)
    door.accepted.at(-1)?.bindLogin(loginOf(accountId))
    clients.push(client)
  }
  const [first, second, third] = clients
  if (first === undefined || second === undefined || third === undefined) expect.unreachable()
  expect(await line(third)).toBe('BYE crowd')
  first.destroy()
  await closed(first)
  await expect
    .poll(async () => {
      const again = fixture.dial(port, '127.0.1.4')
      await line(again)
      door.accepted.at(-1)?.bindLogin(loginOf(accountId))
      again.write('ping\n')
      return line(again)
    })
    .toBe('ping')
  second.write('still here\n')
  expect(await line(second)).toBe('still here')
})

it('a login that ends after its connection takes no place of the account', async () => {
  await open({ limits: { maxConnectionsPerAccount: 1 } })
  const { port, door } = await fixture.listen()
  const accountId = 'a1' as AccountId
  const client = fixture.dial(port)
  await line(client)
  const [gone] = door.accepted
  const isClosed = once(gone?.socket ?? expect.unreachable(), 'close')
  client.destroy()
  await isClosed
  gone?.bindLogin(loginOf(accountId))
  const next = fixture.dial(port)
  await line(next)
  door.accepted.at(-1)?.bindLogin(loginOf(accountId))
  next.write('ping\n')
  expect(await line(next)).toBe('ping')
})

it('a connection that was of two accounts in turn is given back once', async () => {
  await open({ limits: { maxConnectionsPerAccount: 1 } })
  const { port, door } = await fixture.listen()
  const logIn = async (account: string): Promise<Socket> => {
    const client = fixture.dial(port)
    await line(client)
    bind(account)
    return client
  }
  const bind = (account: string, connection = door.accepted.at(-1)): void =>
    connection?.bindLogin(loginOf(account as AccountId, `${account}@example.test`))
  const first = await logIn('a1')
  await logIn('a2')
  const [connection] = door.accepted
  const gone = once(connection?.socket ?? expect.unreachable(), 'close')
  // Full: the connection ends, and is none of the first account's any longer.
  bind('a2', connection)
  await logIn('a1')
  expect(await line(first)).toBe('BYE crowd')
  first.destroy()
  await gone
  expect(await line(await logIn('a1'))).toBe('BYE crowd')
})

describe('floods', () => {
  it('of connections that are closed at once are told of, and turned away beyond three times the limit', async () => {
    await open({ clock: stopped })
    const { port } = await fixture.listen()
    let refused = 0
    for (let count = 0; count < 320; count += 1) {
      const client = fixture.dial(port, '127.0.0.2')
      if ((await line(client)) === 'NO busy') refused += 1
      client.destroy()
    }
    expect(refused).toBe(20)
    expect(fixture.security.of('connectionBurst')).toMatchObject([
      { event: { kind: 'connections', count: 100 } },
      { event: { kind: 'connections', count: 200 } },
      { event: { kind: 'connections', count: 300 } },
    ])
  })

  it('of handshakes are told of', async () => {
    await open({ clock: stopped })
    const { port } = await fixture.listen({ isImplicitTls: true })
    for (let count = 0; count < 60; count += 1) {
      const client = fixture.dial(port, '127.0.0.2')
      client.write('no handshake, no HTTP\n')
      await closed(client)
    }
    expect(fixture.security.of('connectionBurst')).toMatchObject([
      { event: { kind: 'handshakes', count: 60 } },
    ])
  })
})

describe('TLS', () => {
  it('1.2 is not renegotiated: 150 handshakes on one connection cost us none', async () => {
    await open()
    const { port } = await fixture.listen({ isImplicitTls: true })
    const client = secure(port, undefined, { maxVersion: 'TLSv1.2' })
    await once(client, 'secureConnect')
    client.renegotiate({}, () => undefined)
    client.write('ping\n')
    const [error] = (await once(client, 'error')) as [Error]
    expect(error.message).toContain('no renegotiation')
  })

  it.each(['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256'])(
    'is not spoken with %s: CBC, or no forward secrecy',
    async (ciphers) => {
      await open()
      const { port } = await fixture.listen({ isImplicitTls: true })
      const client = secure(port, undefined, { maxVersion: 'TLSv1.2', ciphers })
      const [error] = (await once(client, 'error')) as [Error]
      expect(error.message).toMatch(/handshake failure|no shared cipher|ECONNRESET|disconnected/i)
    },
  )
})
