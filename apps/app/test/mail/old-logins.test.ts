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

/** What `gatepost ...` says, as a process of its own. */
async function gatepost(...args: string[]): Promise<string> {
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  const result = await runProgram(execPath, [
    cli,
    ...args,
    '--config',
    join(folder, 'gatepost.toml'),
  ])
  expect(result).toMatchObject({ code: 0 })
  return result.stdout
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

async function submission(auth: string): Promise<LineClient> {
  const client = resources.use(
    new LineClient({ port: server.port('SMTP  sending, TLS'), isImplicitTls: true }),
  )
  await client.reply()
  await client.ask('EHLO client.example')
  expect(await client.ask(`AUTH ${auth}`)).toMatch(/^235 /)
  return client
}

function plain(user: string, password: string): string {
  return `PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`
}
function oauthBearer(token: string): string {
  const message = `n,,\u0001auth=Bearer ${token}\u0001\u0001`
  return `OAUTHBEARER ${Buffer.from(message).toString('base64')}`
}

async function eventSource(authorization: string): Promise<PushStream> {
  const url = `http://127.0.0.1:${server.port('JMAP  http')}/jmap/eventsource/?types=*&closeafter=no&ping=0`
  return resources.use(await PushStream.open(url, { authorization }))
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function jmapStatus(authorization: string): Promise<number> {
  const url = `http://127.0.0.1:${server.port('JMAP  http')}/jmap/session`
  const { statusCode, body } = await request(url, {
    headers: { authorization },
    // The server ends a connection with its login: none is used again.
    reset: true,
  })
  await body.dump()
  return statusCode
}

interface Sessions {
  readonly idle: ImapClient
  readonly imap: ImapClient
  readonly smtp: LineClient
  readonly events: PushStream
}

async function opened(user: string, password: string): Promise<Sessions> {
  const idle = await imap(user, password)
  idle.start('IDLE')
  expect(await idle.response()).toMatch(/^\+/)
  return {
    idle,
    imap: await imap(user, password),
    smtp: await submission(plain(user, password)),
    events: await eventSource(basic(user, password)),
  }
}

/** With an app password, which is a token too. */
async function openedByApp(user: string, appPassword: string): Promise<Sessions> {
  return {
    ...(await opened(user, appPassword)),
    smtp: await submission(oauthBearer(appPassword)),
    events: await eventSource(`Bearer ${appPassword}`),
  }
}

async function expectEnded({ idle, imap: other, smtp, events }: Sessions): Promise<void> {
  const bye = '* BYE Your password has been changed: log in again'
  expect(await idle.response()).toBe(bye)
  expect(await other.response()).toBe(bye)
  expect(await smtp.line()).toMatch(/^421 .*Your password has been changed/)
  await expect(events.next()).rejects.toThrow('the event source ended')
}

async function expectOpen({ imap: one, smtp }: Sessions): Promise<void> {
  expect(await one.ask('NOOP')).toMatchObject({ status: expect.stringMatching(/^OK/) })
  expect(await smtp.ask('NOOP')).toMatch(/^250 /)
}

async function addAppPassword(user: string, name: string): Promise<string> {
  const said = await gatepost('account', 'app-password', 'add', user, name)
  return / is (\S+)\n$/.exec(said)?.[1] ?? expect.unreachable(said)
}

// They went on for as long as they liked.
describe('what was logged in with a password that counts no more', () => {
  it('ends on every protocol when the password is changed, and nothing else with it', async () => {
    const app = await openedByApp(mine, await addAppPassword(mine, 'tablet'))
    const [me, you] = [await opened(mine, passwords.old), await opened(theirs, passwords.old)]
    await gatepost('account', 'password', mine, ...passwordFile('new'))
    expect(await jmapStatus(basic(mine, passwords.old))).toBe(401)
    await expectEnded(me)
    await expectOpen(you)
    await expectOpen(app)
  })

  it('the old password opens nothing, the new one does', async () => {
    expect(await jmapStatus(basic(mine, passwords.old))).toBe(401)
    await expect(imap(mine, passwords.old)).rejects.toThrow('AUTHENTICATIONFAILED')
    await expect(submission(plain(mine, passwords.old))).rejects.toThrow('535')
    expect(await jmapStatus(basic(mine, passwords.new))).toBe(200)
    await imap(mine, passwords.new)
    await submission(plain(mine, passwords.new))
  })

  it('ends when its app password is deleted, and nothing that was logged in otherwise', async () => {
    const [phone, laptop] = [
      await addAppPassword(mine, 'phone'),
      await addAppPassword(mine, 'laptop'),
    ]
    const lost = await openedByApp(mine, phone)
    const kept = [await openedByApp(mine, laptop), await opened(mine, passwords.new)]
    const list = await gatepost('account', 'app-password', 'list', mine)
    expect(list, 'the last use is noted').toMatch(/^phone .*Z\s*$/m)
    await gatepost('account', 'app-password', 'delete', mine, 'phone')
    await expectEnded(lost)
    for (const sessions of kept) await expectOpen(sessions)
    expect(await jmapStatus(basic(mine, phone))).toBe(401)
    expect(await jmapStatus(`Bearer ${phone}`)).toBe(401)
    await expect(imap(mine, phone)).rejects.toThrow('AUTHENTICATIONFAILED')
    await expect(submission(oauthBearer(phone))).rejects.toThrow('334')
    expect(await jmapStatus(`Bearer ${laptop}`)).toBe(200)
  })

  it('ends with the account', async () => {
    const app = await openedByApp(theirs, await addAppPassword(theirs, 'phone'))
    const you = await opened(theirs, passwords.old)
    await gatepost('account', 'delete', theirs)
    for (const { idle, smtp, events } of [you, app]) {
      expect(await idle.response()).toMatch(/^\* BYE /)
      expect(await smtp.line()).toMatch(/^421 /)
      await expect(events.next()).rejects.toThrow('the event source ended')
    }
    expect(await jmapStatus(basic(theirs, passwords.old))).toBe(401)
  })
})
