import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'

import { ImapClient, LineClient } from '@gatepost/testkit'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { runProgram } from './support/external-program.ts'
import { PushStream } from './support/push-stream.ts'

const [mine, theirs] = ['me@example.test', 'you@example.test']
const passwords = { old: 'the old password', new: 'the new password' } as const

let folder: string
let server: GatepostProcess
const resources = new AsyncDisposableStack()

/** `gatepost ...` as a process of its own. */
async function gatepost(...args: string[]): Promise<void> {
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  const result = await runProgram(execPath, [
    cli,
    ...args,
    '--config',
    join(folder, 'gatepost.toml'),
  ])
  expect(result).toMatchObject({ code: 0 })
}

function passwordFile(which: keyof typeof passwords): string[] {
  const path = join(folder, which)
  writeFileSync(path, `${passwords[which]}\n`)
  return ['--password-file', path]
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-logins-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'gatepost.toml'), '')
  for (const address of [mine, theirs])
    await gatepost('account', 'add', address, ...passwordFile('old'))
  server = resources.use(
    new GatepostProcess({ folder, args: ['--config', join(folder, 'gatepost.toml')] }),
  )
  await server.ready()
})
afterAll(() => resources.disposeAsync())

async function imap(user: string, password: string): Promise<ImapClient> {
  const client = resources.use(
    new ImapClient({ port: server.port('IMAP  TLS'), isImplicitTls: true }),
  )
  await client.response()
  await client.ok(`LOGIN ${user} "${password}"`)
  return client
}

async function submission(user: string, password: string): Promise<LineClient> {
  const client = resources.use(
    new LineClient({ port: server.port('SMTP  sending, TLS'), isImplicitTls: true }),
  )
  await client.reply()
  await client.ask('EHLO client.example')
  const token = Buffer.from(`\0${user}\0${password}`).toString('base64')
  expect(await client.ask(`AUTH PLAIN ${token}`)).toMatch(/^235 /)
  return client
}

async function eventSource(user: string, password: string): Promise<PushStream> {
  const url = `http://127.0.0.1:${server.port('JMAP  http')}/jmap/eventsource/?types=*&closeafter=no&ping=0`
  return resources.use(await PushStream.open(url, { authorization: basic(user, password) }))
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function jmapStatus(user: string, password: string): Promise<number> {
  const url = `http://127.0.0.1:${server.port('JMAP  http')}/jmap/session`
  const { statusCode, body } = await request(url, {
    headers: { authorization: basic(user, password) },
    // The server ends a connection with its login: none is used again.
    reset: true,
  })
  await body.dump()
  return statusCode
}

async function opened(user: string, password: string) {
  const idle = await imap(user, password)
  idle.start('IDLE')
  expect(await idle.response()).toMatch(/^\+/)
  return {
    idle,
    imap: await imap(user, password),
    smtp: await submission(user, password),
    events: await eventSource(user, password),
  }
}

// They went on for as long as they liked.
describe('what was logged in with a password that counts no more', () => {
  it('ends on every protocol when the password is changed, and nobody else with it', async () => {
    const [me, you] = [await opened(mine, passwords.old), await opened(theirs, passwords.old)]
    await gatepost('account', 'password', mine, ...passwordFile('new'))
    const bye = '* BYE Your password has been changed: log in again'
    expect(await me.idle.response()).toBe(bye)
    expect(await me.imap.response()).toBe(bye)
    expect(await me.smtp.line()).toMatch(/^421 .*Your password has been changed/)
    await expect(me.events.next()).rejects.toThrow('the event source ended')
    expect(await you.imap.ask('NOOP')).toMatchObject({ status: expect.stringMatching(/^OK/) })
    expect(await you.smtp.ask('NOOP')).toMatch(/^250 /)
  })

  it('the old password opens nothing, the new one does', async () => {
    expect(await jmapStatus(mine, passwords.old)).toBe(401)
    await expect(imap(mine, passwords.old)).rejects.toThrow('AUTHENTICATIONFAILED')
    expect(await jmapStatus(mine, passwords.new)).toBe(200)
    await imap(mine, passwords.new)
    await submission(mine, passwords.new)
  })

  it('ends with the account', async () => {
    const you = await opened(theirs, passwords.old)
    await gatepost('account', 'delete', theirs)
    expect(await you.idle.response()).toMatch(/^\* BYE /)
    expect(await you.smtp.line()).toMatch(/^421 /)
    await expect(you.events.next()).rejects.toThrow('the event source ended')
    expect(await jmapStatus(theirs, passwords.old)).toBe(401)
  })
})
