import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { runProgram, type ProgramResult } from './support/external-program.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { deliver } from './support/smtp-delivery.ts'

let folder: string
let resources: AsyncDisposableStack

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-tool-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'password'), 'a password of theirs\n')
  writeFileSync(join(folder, 'gatepost.toml'), '')
})
afterEach(() => resources.disposeAsync())

async function start(): Promise<GatepostProcess> {
  const server = resources.use(
    new GatepostProcess({ folder, args: ['--config', join(folder, 'gatepost.toml')] }),
  )
  await server.ready()
  return server
}
/** `gatepost ...` as a process of its own. */
function gatepost(...args: string[]): Promise<ProgramResult> {
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  return runProgram(execPath, [cli, ...args, '--config', join(folder, 'gatepost.toml')])
}
function addAccount(address: string): Promise<ProgramResult> {
  return gatepost('account', 'add', address, '--password-file', join(folder, 'password'))
}
async function inboxOf(server: GatepostProcess, user: string): Promise<string[]> {
  const auth = { user, pass: 'a password of theirs' }
  await using flow = await connectImap(server.port('IMAP  TLS'), { auth })
  return await messagesIn(flow, 'INBOX')
}

describe('gatepost account add', () => {
  it('makes an account that gets mail and logs in, before the server runs and while it runs', async () => {
    const [before, during] = ['before@example.test', 'during@example.test']
    expect(await addAccount(before)).toMatchObject({ code: 0, stdout: `added ${before}\n` })
    const server = await start()
    const mx = server.port('SMTP  mail from')
    await expect(deliver(mx, 'x: y\r\n\r\nz\r\n', { to: [during] })).rejects.toThrow('550 5.1.1')
    expect(await addAccount(during)).toMatchObject({ code: 0, stdout: `added ${during}\n` })
    await deliver(mx, 'x: y\r\n\r\nz\r\n', { to: [before, during] })
    for (const user of [before, during]) expect(await inboxOf(server, user)).toHaveLength(1)
  })

  it('is undone while the server runs: the account is gone with its mail, and nobody logs in', async () => {
    await addAccount('gone@example.test')
    const server = await start()
    await deliver(server.port('SMTP  mail from'), 'x: y\r\n\r\nz\r\n', {
      to: ['gone@example.test'],
    })
    expect(await inboxOf(server, 'gone@example.test')).toHaveLength(1)
    expect(await gatepost('account', 'delete', 'gone@example.test')).toMatchObject({ code: 0 })
    await expect(inboxOf(server, 'gone@example.test')).rejects.toMatchObject({
      authenticationFailed: true,
    })
    await addAccount('gone@example.test')
    expect(await inboxOf(server, 'gone@example.test')).toEqual([])
  })
})
