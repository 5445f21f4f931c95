import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beginData, ImapClient, LineClient } from '@gatepost/testkit'
import { afterAll, expect, it } from 'vitest'

import { GatepostProcess } from '../support/gatepost-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatepost-spool-'))
afterAll(() => rmSync(folder, { recursive: true }))
const spooled = (): readonly string[] => readdirSync(join(folder, 'data', 'spool'))
const body = `${'x'.repeat(70)}\r\n`.repeat(40_000)

async function sending(server: GatepostProcess): Promise<LineClient> {
  const client = new LineClient({ port: server.port('SMTP  mail from other servers') })
  await client.reply()
  await client.ask('EHLO client.example')
  expect(await beginData(client)).toMatch(/^354 /)
  client.send(`Subject: large\r\n\r\n${body}`)
  return client
}

it('a large message is in the spool while it comes, in the store then, and in neither after a crash', async () => {
  {
    await using server = new GatepostProcess({ folder })
    await server.ready()
    const client = await sending(server)
    await expect.poll(spooled).toHaveLength(1)
    server.child.kill('SIGKILL')
    await server.ended
    client[Symbol.dispose]()
  }
  expect(spooled()).toHaveLength(1)
  await using server = new GatepostProcess({ folder })
  await server.ready()
  expect(spooled()).toEqual([])
  using client = await sending(server)
  expect(await client.ask('.')).toMatch(/^250 /)
  expect(spooled()).toEqual([])
  const password = readFileSync(join(folder, 'data', 'initial-password'), 'utf8').trim()
  using reader = new ImapClient({ port: server.port('IMAP  TLS'), isImplicitTls: true })
  await reader.response()
  await reader.ok(`LOGIN me@example.test "${password}"`)
  await reader.ok('SELECT INBOX')
  const { untagged } = await reader.ok('UID FETCH 1:* (BODY.PEEK[TEXT])')
  expect(untagged.filter((line) => line.includes(body))).toHaveLength(1)
}, 60_000)
