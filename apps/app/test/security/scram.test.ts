import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LineClient, ScramClient } from '@gatepost/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'

let resources: AsyncDisposableStack
beforeEach(() => {
  resources = new AsyncDisposableStack()
})
afterEach(() => resources.disposeAsync())

const encoded = (text: string): string => Buffer.from(text).toString('base64')

async function greeted(
  server: TestServer,
): Promise<{ readonly client: LineClient; readonly offer: string }> {
  const port = server.port('submissions')
  const client = resources.use(new LineClient({ port, isImplicitTls: true }))
  await client.reply()
  return { client, offer: await client.ask('EHLO client.example') }
}

/** The salt that an exchange begins with. */
async function saltOf(user: string, server: TestServer): Promise<string> {
  const { client } = await greeted(server)
  const { first } = new ScramClient({ user, password: 'guess' })
  const reply = await client.ask(`AUTH SCRAM-SHA-256 ${encoded(first)}`)
  const challenge = Buffer.from(reply.slice('334 '.length), 'base64').toString()
  return /,s=([^,]{24}),i=65536$/.exec(challenge)?.[1] ?? expect.unreachable(challenge)
}

it('an unknown user has a salt that is the same after a restart, and another one elsewhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-salts-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const salts: string[] = []
  for (const data of ['one', 'one', 'other']) {
    const environment = { GATEPOST__DATA: join(folder, data) }
    await using server = await TestServer.start({ accounts: [], environment })
    salts.push(await saltOf('nobody@example.test', server))
  }
  expect(salts[1]).toBe(salts[0])
  expect(salts[2]).not.toBe(salts[0])
})

it('is offered when everybody has logged in with the passwords from before there was any', async () => {
  const accounts = ['me@example.test', 'you@example.test']
  const server = resources.use(await TestServer.start({ accounts }))
  for (const user of accounts) {
    const { client, offer } = await greeted(server)
    expect(offer).not.toContain('SCRAM')
    const token = encoded(`\0${user}\0${password}`)
    expect(await client.ask(`AUTH PLAIN ${token}`)).toMatch(/^235 /)
  }
  const isOffered = async (): Promise<boolean> => (await greeted(server)).offer.includes('SCRAM')
  await expect.poll(isOffered, { timeout: 60_000 }).toBe(true)
})
