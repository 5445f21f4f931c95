import { once } from 'node:events'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basic, JmapFixture } from './jmap-fixture.ts'
import {
  handshakeHeaders,
  maskedFrame,
  RawSocket,
  requestOf,
  SocketClient,
} from './socket-client.ts'

const text = 0x1
const binary = 0x2
const ping = 0x9
const echo: [string, object, string] = ['Core/echo', {}, 'e']

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({ maxSizeRequest: 2000 })
})
afterEach(() => jmap[Symbol.asyncDispose]())

const own = `Authorization: ${basic}`
const without = (name: string): string[] =>
  handshakeHeaders.filter((line) => !line.startsWith(`${name}:`))

describe('the handshake', () => {
  it.each([
    ['no login', handshakeHeaders, 401],
    ['no sub-protocol', [...without('Sec-WebSocket-Protocol'), own], 400],
    ['another', [...without('Sec-WebSocket-Protocol'), 'Sec-WebSocket-Protocol: x', own], 400],
    ['no key', [...without('Sec-WebSocket-Key'), own], 400],
    ['an old version', [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 7', own], 400],
    ['no upgrade', [...without('Upgrade'), own], 426],
    ['a body', [...handshakeHeaders, 'Content-Length: 5', own], 426],
    ['a page of somebody else', [...handshakeHeaders, 'Origin: https://evil.example', own], 403],
    ['no origin that could be one', [...handshakeHeaders, 'Origin: null', own], 403],
  ])('with %s is refused, and the connection ends', async (_name, lines, status) => {
    using raw = new RawSocket(jmap)
    raw.say(...lines)
    expect(await raw.hear('\r\n\r\n')).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    if (status === 426) return
    await raw.closed
    expect(jmap.security.of('authSucceeded').length).toBeLessThanOrEqual(1)
  })

  it('in a version that is not spoken learns which is', async () => {
    using raw = new RawSocket(jmap)
    raw.say(...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 25', own)
    expect(await raw.hear('\r\n\r\n')).toContain('\r\nSec-WebSocket-Version: 13\r\n')
  })

  it.each([
    ['ours', 'http://localhost'],
    ['one that is named in the configuration', 'https://webmail.example.com'],
  ])('comes from a page of %s', async (_whose, origin) => {
    using raw = new RawSocket(jmap)
    raw.say(...handshakeHeaders, `Origin: ${origin}`, own)
    expect(await raw.hear('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 /)
  })

  it('of a page of somebody else tries no password', async () => {
    const headers = { origin: 'https://evil.example', authorization: 'Basic bWU6d3Jvbmc=' }
    await expect(SocketClient.open(jmap, { headers })).rejects.toThrow('403')
    expect(jmap.security.events).toEqual([])
  })

  it('with a wrong password is a failed login', async () => {
    const authorization = `Basic ${Buffer.from('me@example.test:wrong').toString('base64')}`
    await expect(SocketClient.open(jmap, { headers: { authorization } })).rejects.toThrow('401')
    expect(jmap.security.of('authFailed')).toMatchObject([
      { context: { protocol: 'jmap' }, event: { user: 'me@example.test' } },
    ])
  })

  it('that does not end is one of a slow client', async () => {
    await using hasty = await JmapFixture.open({ headersTimeoutMs: 20 })
    using raw = new RawSocket(hasty)
    raw.socket.write(handshakeHeaders.join('\r\n'))
    await raw.closed
    expect(hasty.security.of('slowClient')).toMatchObject([{ event: { kind: 'request' } }])
  })

  it('behind a request that has no answer yet is no handshake', async () => {
    using raw = new RawSocket(jmap)
    raw.say('GET /jmap/session HTTP/1.1', 'Host: localhost', own)
    raw.say(...handshakeHeaders, own)
    expect(await raw.hear('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /)
    expect(await raw.hear('\r\n\r\n')).toMatch(/HTTP\/1.1 426 /)
  })

  it('may be followed by a message at once', async () => {
    using raw = new RawSocket(jmap)
    raw.socket.write(
      Buffer.concat([
        Buffer.from([...handshakeHeaders, own, '', ''].join('\r\n')),
        maskedFrame(text, JSON.stringify(requestOf('early', echo))),
      ]),
    )
    expect(await raw.hear('"early"')).toContain('101 Switching Protocols')
  })

  it('is refused to an account that has as many sockets as it may', async () => {
    await using small = await JmapFixture.open({ maxStreamsPerAccount: 1 })
    const first = await SocketClient.open(small)
    await expect(SocketClient.open(small)).rejects.toThrow('429')
    first[Symbol.dispose]()
    await first.closed
    const reopened = async (): Promise<SocketClient> => {
      for (;;) {
        const client = await SocketClient.open(small).catch(() => undefined)
        if (client !== undefined) return client
      }
    }
    using again = await reopened()
    expect(await again.ask('R', echo)).toMatchObject({ requestId: 'R' })
  })
})

describe('what is no WebSocket', () => {
  it.each([
    ['a binary message', maskedFrame(binary, 'x'), 1003, undefined],
    ['text that is no UTF-8', maskedFrame(text, Buffer.of(0xff)), 1007, 'WS_ERR_INVALID_UTF8'],
    ['a reserved opcode', maskedFrame(0x3, 'x'), 1002, 'WS_ERR_INVALID_OPCODE'],
    ['a frame without a mask', Buffer.of(0x81, 1, 0x78), 1002, 'WS_ERR_EXPECTED_MASK'],
    ['a compressed frame', Buffer.of(0xc1, 0x81, 0, 0, 0, 0, 0), 1002, 'WS_ERR_UNEXPECTED_RSV_1'],
    [
      'a large control frame',
      Buffer.of(0x89, 0xfe, 1, 0, 0, 0, 0, 0),
      1002,
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    ],
  ])('%s closes it, whether or not the client answers', async (_name, bytes, code, detail) => {
    using raw = await RawSocket.open(jmap)
    raw.socket.write(bytes)
    expect(await raw.closeCode()).toBe(code)
    const abuses = detail === undefined ? [] : [{ event: { kind: 'malformed', detail } }]
    expect(jmap.security.of('jmapAbuse')).toMatchObject(abuses)
  })

  it('bytes of garbage close it', async () => {
    using raw = await RawSocket.open(jmap)
    raw.say('GET / HTTP/1.1')
    expect(await raw.closeCode()).toBe(1002)
  })
})

describe('what is too much', () => {
  const tooLarge = { event: { kind: 'limit', detail: 'maxSizeRequest' } }

  it('a message that announces more than a request may have is refused before it comes', async () => {
    using raw = await RawSocket.open(jmap)
    raw.socket.write(maskedFrame(text, 'x'.repeat(2001)).subarray(0, 14))
    expect(await raw.closeCode()).toBe(1009)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([tooLarge])
  })

  it('so are frames that are so large together', async () => {
    using raw = await RawSocket.open(jmap)
    raw.frame(text, 'x'.repeat(1000), false)
    raw.frame(0, 'x'.repeat(1000), false)
    raw.frame(ping, 'still here')
    await raw.hear('still here')
    raw.frame(0, 'x', false)
    expect(await raw.closeCode()).toBe(1009)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([tooLarge])
  })

  it('so are frames without end, though they carry little or nothing', async () => {
    using raw = await RawSocket.open(jmap)
    raw.frame(text, '', false)
    raw.socket.write(Buffer.concat(Array.from({ length: 16_384 }, () => maskedFrame(0, '', false))))
    expect(await raw.closeCode()).toBe(1008)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([{ event: { kind: 'malformed' } }])
  })

  it('requests by the hundred without waiting', async () => {
    using raw = await RawSocket.open(jmap)
    const request = maskedFrame(text, JSON.stringify(requestOf('R', echo)))
    raw.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => request)))
    expect(await raw.closeCode()).toBe(1008)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      { event: { kind: 'limit', detail: 'maxConcurrentRequests' } },
    ])
  })

  it('pings by the thousand', async () => {
    using raw = await RawSocket.open(jmap)
    raw.socket.write(Buffer.concat(Array.from({ length: 1001 }, () => maskedFrame(ping, ''))))
    expect(await raw.closeCode()).toBe(1008)
  })
})

describe('who does not keep up', () => {
  it('and never ends a message is a slow client, pings between its frames or not', async () => {
    await using hasty = await JmapFixture.open({ requestTimeoutMs: 20, webSocketPingMs: 5 })
    using raw = await RawSocket.open(hasty)
    raw.frame(text, '{', false)
    raw.socket.on('data', () => raw.frame(ping, 'x'.repeat(100)))
    raw.frame(ping, '')
    await raw.closed
    expect(hasty.security.of('slowClient')).toMatchObject([{ event: { kind: 'request' } }])
  })

  it('and answers no ping is let go', async () => {
    await using hasty = await JmapFixture.open({ webSocketPingMs: 5 })
    using raw = await RawSocket.open(hasty)
    await raw.closed
    expect(hasty.security.events.map(({ name }) => name)).toEqual(['authSucceeded'])
  })

  it('but answers pings stays', async () => {
    await using hasty = await JmapFixture.open({ webSocketPingMs: 20 })
    using client = await SocketClient.open(hasty)
    for (let pings = 0; pings < 5; pings++) await client.pinged()
    expect(await client.ask('R', echo)).toMatchObject({ requestId: 'R' })
  })

  it('and reads nothing is not read from either, and let go', async () => {
    await using hasty = await JmapFixture.open({ unreadAnswerMs: 200 })
    using raw = await RawSocket.open(hasty)
    raw.socket.pause()
    const padding = 'x'.repeat(200_000)
    const request = maskedFrame(
      text,
      JSON.stringify(requestOf('R', ['Core/echo', { padding }, 'e'])),
    )
    for (let sent = 0; sent < 200; sent++) raw.socket.write(request)
    const [error] = (await once(raw.socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toMatch(/^(?:ECONNRESET|EPIPE)$/)
  })

  it('of those it takes nobody else with it', async () => {
    using raw = await RawSocket.open(jmap)
    raw.frame(text, '{', false)
    using client = await SocketClient.open(jmap)
    expect(await client.ask('R', echo)).toMatchObject({ requestId: 'R' })
  })
})
