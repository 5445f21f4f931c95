import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'
import {
  maskedFrame,
  RawSocket,
  requestOf,
  SocketClient,
  type OpenOptions,
} from './socket-client.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({ slowMs: 60_000 })
})
afterEach(() => jmap[Symbol.asyncDispose]())

const me = 'me@example.test'
const echo: [string, object, string] = ['Core/echo', {}, 'e']
const proxied = (address: string): OpenOptions => ({
  headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' },
  localAddress: '127.0.0.9',
})
const blocked = { code: 1008, reason: 'You are blocked' }

describe('a decision ends WebSockets that are idle', () => {
  it.each([
    ['its address', '127.0.0.5', 'ip', { localAddress: '127.0.0.5' }],
    ['its address, over TLS', '127.0.0.5', 'ip', { localAddress: '127.0.0.5', isTls: true }],
    ['its range', '127.0.7.0/24', 'range', { localAddress: '127.0.7.8' }],
    ['its account', me, 'username', {}],
    ['its address behind a proxy', '192.0.2.7', 'ip', proxied('192.0.2.7')],
    ['its range behind a proxy', '2001:db8::/32', 'range', proxied('2001:db8::7')],
    ['its account behind a proxy', me, 'username', proxied('192.0.2.7')],
  ] as const)('on %s', async (_name, value, scope, options) => {
    using client = await SocketClient.open(jmap, options)
    const decision = jmap.filter.decide('ban', value, scope)
    expect(await client.closed).toEqual(blocked)
    expect(jmap.security.of('sessionCut')).toMatchObject([
      { context: { protocol: 'jmap' }, event: { decision: { id: decision.id }, user: me } },
    ])
    expect(jmap.filter.applied).toMatchObject([{ protocol: 'jmap', action: 'cut' }])
  })

  it('on somebody else, and others stay', async () => {
    using client = await SocketClient.open(jmap)
    using neighbour = await SocketClient.open(jmap, proxied('192.0.2.8'))
    using other = await SocketClient.open(jmap, proxied('192.0.2.7'))
    jmap.filter.decide('ban', '192.0.2.7')
    expect(await other.closed).toEqual(blocked)
    expect(await client.ask('R', echo)).toMatchObject({ requestId: 'R' })
    expect(await neighbour.ask('R', echo)).toMatchObject({ requestId: 'R' })
  })

  it('whether or not the client reads, answers or has more to say', async () => {
    using raw = await RawSocket.open(jmap, '127.0.0.5')
    const padding = 'x'.repeat(200_000)
    const request = maskedFrame(1, JSON.stringify(requestOf('R', ['Core/echo', { padding }, 'e'])))
    const closed = new Promise((resolve) => raw.socket.once('error', resolve))
    raw.socket.pause()
    for (let sent = 0; sent < 200; sent++) raw.socket.write(request)
    jmap.filter.ban('127.0.0.5')
    await closed
    expect(jmap.security.of('sessionCut')).toHaveLength(1)
  })

  it('and is told once, whatever comes after', async () => {
    using client = await SocketClient.open(jmap, proxied('192.0.2.7'))
    jmap.filter.ban('192.0.2.7')
    jmap.filter.decide('ban', me, 'username')
    jmap.filter.ban('192.0.2.0/24')
    await client.closed
    expect(jmap.security.of('sessionCut')).toHaveLength(1)
  })
})

describe('who is banned', () => {
  it.each([
    ['his address', '192.0.2.7', 'ip', '403'],
    ['his account', me, 'username', '429'],
  ] as const)('by %s gets no WebSocket', async (_name, value, scope, status) => {
    jmap.filter.decide('ban', value, scope)
    await expect(SocketClient.open(jmap, proxied('192.0.2.7'))).rejects.toThrow(status)
    expect(jmap.security.of('authSucceeded')).toEqual([])
  })

  it('is refused at the gate when he comes himself', async () => {
    jmap.filter.ban('127.0.0.5')
    await expect(SocketClient.open(jmap, { localAddress: '127.0.0.5' })).rejects.toThrow('403')
  })
})

describe('a decision that is no ban', () => {
  const throttled = { '@type': 'RequestError', type: 'about:blank', status: 429 }

  it.each([
    ['an address', '192.0.2.7', 'ip'],
    ['an account', me, 'username'],
  ] as const)(
    'captcha on %s refuses requests, and the socket stays',
    async (_name, value, scope) => {
      using client = await SocketClient.open(jmap, proxied('192.0.2.7'))
      const decision = jmap.filter.decide('captcha', value, scope)
      expect(await client.ask('R1', echo)).toMatchObject({ ...throttled, requestId: 'R1' })
      expect(jmap.filter.applied).toMatchObject([{ action: 'challenged' }])
      jmap.filter.lift(decision)
      expect(await client.ask('R2', echo)).toMatchObject({ requestId: 'R2', '@type': 'Response' })
    },
  )

  it('throttle leaves one request each so often', async () => {
    using client = await SocketClient.open(jmap, proxied('192.0.2.7'))
    jmap.filter.decide('throttle', '192.0.2.7')
    expect(await client.ask('R1', echo)).toMatchObject({ '@type': 'Response' })
    expect(await client.ask('R2', echo)).toMatchObject({ ...throttled, requestId: 'R2' })
    expect(jmap.filter.applied).toMatchObject([{ action: 'throttled' }])
  })

  it('hold holds what is sent', async () => {
    using client = await SocketClient.open(jmap)
    const decision = jmap.filter.decide('hold', me, 'username')
    const emailId = await jmap.add(`From: ${me}\nTo: you@example.org\nSubject: x\n\nhello\n`)
    const { list } = await jmap.call('Identity/get')
    const create = { s: { emailId, identityId: list[0]?.id } }
    const { accountId } = jmap
    client.say({
      ...requestOf('R', ['EmailSubmission/set', { accountId, create }, 's']),
      using: ['urn:ietf:params:jmap:submission'],
    })
    expect(await client.hear()).toMatchObject({ '@type': 'Response' })
    expect(jmap.submitted.map(({ notBefore }) => notBefore)).toEqual([decision.until])
  })
})

describe('when the server goes', () => {
  it('idle sockets hear of it', async () => {
    using client = await SocketClient.open(jmap)
    using overTls = await SocketClient.open(jmap, { isTls: true })
    await jmap.gate[Symbol.asyncDispose]()
    const gone = { code: 1001, reason: 'The server is going down' }
    expect(await Promise.all([client.closed, overTls.closed])).toEqual([gone, gone])
  })

  it('does not wait for who does not answer', async () => {
    using raw = await RawSocket.open(jmap)
    await jmap.gate[Symbol.asyncDispose]()
    expect(await raw.closeCode()).toBe(1001)
  })

  it('an answer that is on its way comes first', async () => {
    const submitting = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    jmap.beforeSubmission = () => {
      submitting.resolve()
      return held.promise
    }
    using client = await SocketClient.open(jmap)
    const emailId = await jmap.add(`From: ${me}\nTo: you@example.org\nSubject: x\n\nhello\n`)
    const { list } = await jmap.call('Identity/get')
    const create = { s: { emailId, identityId: list[0]?.id } }
    client.say({
      ...requestOf('R', ['EmailSubmission/set', { accountId: jmap.accountId, create }, 's']),
      using: ['urn:ietf:params:jmap:submission'],
    })
    await submitting.promise
    const stopped = jmap.gate[Symbol.asyncDispose]()
    held.resolve()
    expect(await client.hear()).toMatchObject({ requestId: 'R', '@type': 'Response' })
    expect(await client.closed).toMatchObject({ code: 1001 })
    await stopped
  })
})
