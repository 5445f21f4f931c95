import type * as crypto from 'node:crypto'

import { hashPassword } from '@gatepost/auth'
import { LineClient } from '@gatepost/testkit'
import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { connectImap } from './support/imap-connection.ts'

/** Every derivation of a key, by what it costs. */
const derivations = vi.hoisted((): object[] => [])
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof crypto>()
  const argon2: typeof crypto.argon2 = (algorithm, parameters, callback) => {
    const { memory, passes, parallelism, tagLength } = parameters
    derivations.push({ algorithm, memory, passes, parallelism, tagLength })
    original.argon2(algorithm, parameters, callback)
  }
  return { ...original, argon2 }
})

const password = 'correct horse battery'
const one = { algorithm: 'argon2id', memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ accounts: [] })
  await server.running.store.directory.addAccount('me@example.test', {
    hash: await hashPassword(password),
  })
  // The hash that stands in for unknown users is made when the server starts: this login waits for it.
  await logInOverHttp('nobody@example.test', 'x')
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  derivations.length = 0
})

async function logInOverHttp(user: string, secret: string): Promise<boolean> {
  const login = Buffer.from(`${user}:${secret}`).toString('base64')
  const { statusCode, body } = await request(
    `http://127.0.0.1:${server.port('http')}/.well-known/jmap`,
    { headers: { authorization: `Basic ${login}` } },
  )
  await body.dump()
  return statusCode === 200
}
async function logInOverSmtp(user: string, secret: string): Promise<boolean> {
  using client = new LineClient({ port: server.port('submissions'), isImplicitTls: true })
  await client.reply()
  await client.ask('EHLO client.example')
  const token = Buffer.from(`\0${user}\0${secret}`).toString('base64')
  return (await client.ask(`AUTH PLAIN ${token}`)).startsWith('235')
}
async function logInOverImap(user: string, secret: string): Promise<boolean> {
  try {
    await using flow = await connectImap(server.port('imaps'), { auth: { user, pass: secret } })
    return flow.usable
  } catch {
    return false
  }
}

describe.each([
  ['SMTP', logInOverSmtp],
  ['IMAP', logInOverImap],
  ['JMAP', logInOverHttp],
])('a login over %s', (_protocol, logIn) => {
  it.each([
    ['a wrong password', 'me@example.test', 'wrong'],
    ['an unknown user', 'nobody@example.test', password],
    ['a domain that is not here', 'me@example.org', password],
    ['a name that is no address', 'nobody', password],
    ['a local part with another domain', 'me@mail.example.test', password],
    ['a password longer than any', 'me@example.test', 'x'.repeat(2000)],
    ['an unknown user with such a password', 'nobody@example.test', 'x'.repeat(2000)],
  ])('costs one derivation of the full price for %s', async (_name, user, secret) => {
    expect(await logIn(user, secret)).toBe(false)
    expect(derivations).toEqual([one])
  })
})

it('costs one derivation when it is right', async () => {
  expect(await logInOverImap('me@example.test', password)).toBe(true)
  expect(derivations).toEqual([one])
})
