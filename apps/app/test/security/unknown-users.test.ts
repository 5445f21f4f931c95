import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LineClient, ScramClient } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'

/** The salt that SCRAM begins with. */
async function saltOf(user: string, server: TestServer): Promise<string> {
  using client = new LineClient({ port: server.port('submissions'), isImplicitTls: true })
  await client.reply()
  await client.ask('EHLO client.example')
  const { first } = new ScramClient({ user, password: 'guess' })
  const reply = await client.ask(`AUTH SCRAM-SHA-256 ${Buffer.from(first).toString('base64')}`)
  const challenge = Buffer.from(reply.slice('334 '.length), 'base64').toString()
  return /,s=([^,]{24}),i=65536$/.exec(challenge)?.[1] ?? expect.unreachable(challenge)
}

it('an unknown user has a salt that is the same after a restart, and another one elsewhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-salts-'))
  using resources = new DisposableStack()
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
