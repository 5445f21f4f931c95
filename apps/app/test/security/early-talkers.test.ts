import { LineClient } from '@gatepost/testkit'
import { afterEach, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'

// As long as may be configured: a greeting in time is one without a wait.
const environment = { GATEPOST__LISTEN__MX__GREETING_WAIT_SECONDS: '30' }
let server: TestServer
afterEach(() => server[Symbol.asyncDispose]())

it('who speaks before the greeting is refused and logged; who is never banned gets it at once', async () => {
  server = await TestServer.start({ environment })
  const port = server.port('mx')
  using early = new LineClient({ port, localAddress: '127.0.0.2' })
  early.send('EHLO early.example\r\n')
  expect(await early.reply()).toMatch(/^421 .*You talk too soon$/)
  await early.closed()
  const lines = server.securityLines.map((line) => JSON.parse(line) as Record<string, string>)
  expect(lines).toMatchObject([
    { event: 'protocol_abuse', kind: 'early_talker', listener: 'mx', ip: '127.0.0.2' },
  ])
  using own = new LineClient({ port, localAddress: '127.0.0.1' })
  expect(await own.reply()).toMatch(/^220 /)
})

it('a client that waits does not keep the server from stopping', async () => {
  server = await TestServer.start({ environment })
  using waiting = new LineClient({ port: server.port('mx'), localAddress: '127.0.0.2' })
  // Accepted after it, and greeted already: the other one waits by now.
  using own = new LineClient({ port: server.port('mx'), localAddress: '127.0.0.1' })
  expect(await own.reply()).toMatch(/^220 /)
  own.send('QUIT\r\n')
  await own.closed()
  await server.running[Symbol.asyncDispose]()
  await waiting.closed()
})
