import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basic, JmapFixture } from './jmap-fixture.ts'

/** More than the buffers of two sockets on loopback take. */
const muchBytes = 24_000_000
const limits = { maxSizeRequest: 1000, maxSizeUpload: 1000, lingerMs: 300_000 }

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open(limits)
})
afterEach(() => jmap[Symbol.asyncDispose]())

function begin(fixture: JmapFixture, path: string, ...headers: readonly string[]): Socket {
  const socket = connect(fixture.ports.plain, '127.0.0.1')
  const lines = [`POST ${path} HTTP/1.1`, 'Host: localhost', `Authorization: ${basic}`, ...headers]
  socket.write([...lines, 'Content-Type: application/json', '', ''].join('\r\n'))
  return socket
}

const length = `Content-Length: ${muchBytes}`
const chunked = 'Transfer-Encoding: chunked'

describe('a client that sends all before it reads', () => {
  it.each([
    ['an API request', () => '/jmap/api', length, /^HTTP\/1\.1 400 [^]*maxSizeRequest/],
    ['an API request in chunks', () => '/jmap/api', chunked, /^HTTP\/1\.1 400 [^]*maxSizeRequest/],
    [
      'an upload',
      () => `/jmap/upload/${jmap.accountId}/`,
      length,
      /^HTTP\/1\.1 413 [^]*maxSizeUpload/,
    ],
    [
      'an upload in chunks',
      () => `/jmap/upload/${jmap.accountId}/`,
      chunked,
      /^HTTP\/1\.1 413 [^]*maxSizeUpload/,
    ],
    ['what is nowhere', () => '/.well-known/nothing', length, /^HTTP\/1\.1 404 [^]*Not found/],
  ])(
    'learns why %s was refused: the connection was reset before it could read',
    async (_what, path, header, expected) => {
      const socket = begin(jmap, path(), header)
      const body = Buffer.alloc(muchBytes, ' ')
      const pieces =
        header === chunked
          ? [Buffer.from(`${muchBytes.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
          : [body]
      for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
      const answer = await text(socket)
      expect(answer).toMatch(expected)
      expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    },
    60_000,
  )
})

it('nobody sends without end, and nobody is waited for without end', async () => {
  for (const more of [{ lingerBytes: 1000 }, { lingerMs: 1 }]) {
    await using small = await JmapFixture.open({ ...limits, ...more })
    const socket = begin(small, '/jmap/api', length)
    socket.on('error', () => undefined).resume()
    const closed = once(socket, 'close').catch(() => undefined)
    socket.write(Buffer.alloc('lingerBytes' in more ? 100_000 : 1))
    await closed
    expect((await small.ask({ path: '/jmap/session' })).status).toBe(200)
  }
}, 60_000)
