import { beginData, type LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { password, plainToken, SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
beforeEach(async () => {
  smtp = await SmtpFixture.open()
})
afterEach(() => smtp[Symbol.asyncDispose]())

/** Sends its end, and waits for that of the server. */
async function leave(client: LineClient): Promise<void> {
  const closed = new Promise<void>((resolve) => client.socket.once('close', () => resolve()))
  client.socket.end()
  client.socket.resume()
  await closed
}

it.each([
  ['in the clear', async () => smtp.session('mx')],
  ['over TLS', async () => smtp.session('submissions')],
  [
    'after STARTTLS',
    async () => {
      const client = await smtp.session('mx')
      await client.ask('STARTTLS')
      await client.startTls()
      await client.ask('EHLO client.example')
      return client
    },
  ],
  [
    'within a message',
    async () => {
      const client = await smtp.session('mx')
      await beginData(client)
      client.send('half a message')
      return client
    },
  ],
  [
    'within a command',
    async () => {
      const client = await smtp.session('mx')
      client.send('RCPT TO:<me')
      return client
    },
  ],
])('a client that leaves without QUIT %s leaves no session behind', async (_name, open) => {
  const client = await open()
  expect(await smtp.sessions()).toBe(1)
  await leave(client)
  // Its own end of the socket closes a turn later; a session that stays would stay for the idle time.
  while ((await smtp.sessions()) > 0) await new Promise((resolve) => setImmediate(resolve))
})

it('half a password is no failed login', async () => {
  const client = await smtp.session('submissions')
  client.send(`AUTH PLAIN ${plainToken('me@example.test', password).slice(0, -6)}`)
  await leave(client)
  expect(smtp.security.events).toEqual([])
  expect(smtp.filter.failures).toEqual([])
})
