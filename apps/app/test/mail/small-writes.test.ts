import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'

/** What Linux waits before it acknowledges something that it has no answer to yet (TCP_DELACK_MIN). */
const delayedAckMs = 40
const rounds = 25

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())

/** With Nagle's algorithm on, which is the default of the system and of Node. */
async function open(name: string, isTls: boolean): Promise<Socket> {
  const port = server.port(name)
  const socket = isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' })
  await once(socket, isTls ? 'secureConnect' : 'connect')
  return socket
}

const imap = ['a ', 'NOOP', '\r\n']
const smtp = ['NO', 'OP', '\r\n']
const http = ['GET / HTTP/1.1\r\n', 'Host: localhost\r\n', '\r\n']

it.skipIf(process.platform !== 'linux').each<[string, boolean, readonly string[]]>([
  ['imap', false, imap],
  ['imaps', true, imap],
  ['mx', false, smtp],
  ['submissions', true, smtp],
  ['http', false, http],
  ['https', true, http],
])(
  'a command in three small writes waited 46 ms for its answer: %s',
  async (name, isTls, pieces) => {
    const socket = await open(name, isTls)
    if (pieces !== http) await once(socket, 'data')
    let fastest = Infinity
    for (let round = 0; round < rounds; round++) {
      const answered = once(socket, 'data')
      const startedAt = performance.now()
      for (const piece of pieces) {
        socket.write(piece)
        await nextTurn()
      }
      await answered
      // The first ones are acknowledged at once by every kernel.
      if (round >= 5) fastest = Math.min(fastest, performance.now() - startedAt)
    }
    socket.destroy()
    // The fastest of many, which a busy machine does not slow down by as much as the timer did.
    expect(fastest).toBeLessThan(delayedAckMs)
  },
  120_000,
)
