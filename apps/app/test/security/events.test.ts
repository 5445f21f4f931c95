import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await TestServer.start({
    environment: {
      GATEPOST__DETECT__TRAP_ADDRESSES: 'Hidden@example.test',
      GATEPOST__DETECT__BURST_RECIPIENTS: '3',
    },
  })
})
afterEach(() => server[Symbol.asyncDispose]())

function events(name: string): Readonly<Record<string, string>>[] {
  return server.securityLines
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
    .filter(({ event }) => event === name)
}
async function dialogue(
  listener: 'mx' | 'submissions' | 'imaps',
  ...lines: readonly string[]
): Promise<void> {
  using client = new LineClient({ port: server.port(listener), isImplicitTls: listener !== 'mx' })
  const read = (): Promise<string | undefined> =>
    listener === 'imaps' ? client.line() : client.reply()
  await read()
  for (const line of lines) {
    client.send(`${line}\r\n`)
    await read()
  }
}
function plain(user: string, secret: string): string {
  return `AUTH PLAIN ${Buffer.from(`\0${user}\0${secret}`).toString('base64')}`
}

it('one phone with one old password looks the same on every protocol, and the password is nowhere', async () => {
  const old = 'the password of last year'
  await dialogue('submissions', 'EHLO client.example', plain('me@example.test', old))
  await dialogue('imaps', `a LOGIN ME@example.test "${old}"`)
  await dialogue('imaps', 'a LOGIN me@example.test "another"')
  const failures = events('auth_failed')
  expect(failures.map(({ user }) => user)).toEqual(Array(3).fill('me@example.test'))
  const [first, second, third] = failures.map(({ pwfp }) => pwfp)
  expect(first).toMatch(/^[0-9a-f]{8}$/)
  expect(second).toBe(first)
  expect(third).not.toBe(first)
  expect(server.securityLines.join('')).not.toContain(old)
  const file = join(server.config.data, 'password-fingerprint-key')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
})

it('a trap of the configuration is one, however it is written', async () => {
  const rcpt = 'RCPT TO:<HIDDEN@example.test>'
  await dialogue('mx', 'EHLO client.example', 'MAIL FROM:<a@example.org>', rcpt)
  expect(events('trap_rcpt')).toMatchObject([{ recipient: 'HIDDEN@example.test' }])
  expect(events('rcpt_unknown')).toEqual([])
})

it('an account that sends to more than the configuration has for normal is reported', async () => {
  const message = ['DATA', 'From: me@example.test\r\n\r\nx\r\n.']
  await dialogue(
    'submissions',
    'EHLO client.example',
    plain('me@example.test', password),
    'MAIL FROM:<me@example.test>',
    ...['you', 'me', 'me+1'].map((name) => `RCPT TO:<${name}@example.test>`),
    ...message,
  )
  expect(events('outbound_burst')).toMatchObject([{ user: 'me@example.test', recipients: '3' }])
})
