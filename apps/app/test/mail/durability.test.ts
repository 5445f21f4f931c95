import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock, type Clock } from '@gatepost/core'
import { LineClient, ScriptedSmtpServer } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runCli } from '../../src/cli/run-cli.ts'
import { GatepostProcess } from '../support/gatepost-process.ts'
import { TestServer } from '../support/test-server.ts'
import { connectImap } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { listenSilently } from './support/silent-server.ts'
import { deliver } from './support/smtp-delivery.ts'
import { submit } from './support/submission.ts'

let folder: string
let resources: AsyncDisposableStack

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-durable-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

async function start(environment: Readonly<Record<string, string>> = {}): Promise<GatepostProcess> {
  const server = resources.use(new GatepostProcess({ folder, environment }))
  await server.ready()
  return server
}
const doors = {
  mx: 'SMTP  mail from',
  submissions: 'SMTP  sending, TLS',
  imaps: 'IMAP  TLS',
  http: 'JMAP  http',
} as const
function password(): string {
  return readFileSync(join(folder, 'data/initial-password'), 'utf8').trim()
}
function openJmap(server: GatepostProcess): Promise<JmapClient> {
  return JmapClient.open(server.port(doors.http), 'me@example.test', password())
}
/** The inbox, every message byte for byte. */
async function stored(server: GatepostProcess): Promise<string[]> {
  const jmap = await openJmap(server)
  const emails = await jmap.emails((await jmap.mailbox('inbox')).id)
  return Promise.all(
    emails.map(async ({ blobId }) => (await jmap.download(blobId)).toString('latin1')),
  )
}
function withoutTrace(mail: string): string {
  return mail.slice(mail.indexOf('\r\nSubject: ') + 2)
}
/** Delivers over five connections at once and stops the server in the middle of it. Answers what was acknowledged. */
async function deliverUntilStopped(
  server: GatepostProcess,
  signal: NodeJS.Signals,
): Promise<string[]> {
  const acknowledged: string[] = []
  let stopped: Promise<unknown> | undefined
  const send = async (sender: number): Promise<void> => {
    for (let number = 1; ; number += 1) {
      const mail = `Subject: ${sender}-${number}\r\n\r\n${`\u00ff${sender} `.repeat(2000)}\r\n`
      await deliver(server.port(doors.mx), Buffer.from(mail, 'latin1'))
      acknowledged.push(mail)
      if (acknowledged.length >= 50) stopped ??= server.stop(signal)
    }
  }
  await Promise.allSettled(Array.from({ length: 5 }, (_, index) => send(index)))
  await stopped
  return acknowledged
}
/** The recipients in the queue of a server that does not run. */
async function queued(): Promise<readonly string[]> {
  let text = ''
  const code = await runCli(['queue', 'list', '--json'], {
    environment: { GATEPOST__DATA: join(folder, 'data') },
    out: (line) => (text += line),
    error: (line) => (text += line),
  })
  if (code !== 0) throw new Error(text)
  return (JSON.parse(text) as readonly { readonly to: string }[]).map(({ to }) => to)
}

describe('kill -9', () => {
  it('right after 250 takes nothing away: every mail that was acknowledged is there, whole, and once', async () => {
    const first = await start()
    const acknowledged = await deliverUntilStopped(first, 'SIGKILL')
    const mails = await stored(await start())
    const contents = mails.map(withoutTrace)
    expect(contents).toEqual(expect.arrayContaining(acknowledged))
    expect(new Set(contents).size).toBe(contents.length)
    for (const mail of mails) expect(mail).toMatch(/^Return-Path: [^]*\u00ff\d \r\n$/)
  })

  it('right after 250 loses no mail for another server: it goes out after the restart, once', async () => {
    const silent = resources.use(await listenSilently())
    const first = await start({ GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${silent.port}` })
    const account = { port: first.port(doors.submissions), password: password() }
    // The first keeps the domain busy, with a server that does not answer: the second waits in the queue.
    await submit(account, { to: 'a@example.org', subject: 'on its way', text: 'x' })
    await silent.reached
    const { response } = await submit(account, {
      to: ['b@example.org', 'me@example.test'],
      subject: 'waiting',
      text: 'caf\u00e9',
    })
    await first.stop('SIGKILL')
    expect(response).toMatch(/^250 2\.6\.0 Queued as /)

    const remote = resources.use(await ScriptedSmtpServer.listen())
    const sent = (): string[] => remote.messages.flatMap(({ to }) => to)
    const second = await start({ GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${remote.port}` })
    await remote.seen(() => sent().includes('b@example.org'))
    const handedOn = remote.messages.find(({ to }) => to.includes('b@example.org'))
    const [kept] = await stored(second)
    const sentOn = Buffer.from(handedOn?.content ?? '').toString('latin1')
    expect(kept).toBe(`Return-Path: <me@example.test>\r\n${sentOn}`)
    await second.stop()

    // What the killed server was busy with is on loan to it for as long as a conversation may take: due again when that is over.
    const later: Clock = { ...systemClock, now: () => Date.now() + 3_600_000 }
    await using third = await TestServer.start({
      clock: later,
      accounts: [],
      environment: {
        GATEPOST__DATA: join(folder, 'data'),
        GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${remote.port}`,
      },
    })
    await remote.seen(() => sent().includes('a@example.org'))
    await third[Symbol.asyncDispose]()
    expect(await queued()).toEqual([])
    expect(sent().toSorted()).toEqual(['a@example.org', 'b@example.org'])
  })
})

describe('SIGTERM', () => {
  it('lets a mail that is on its way arrive and be kept, says good-bye to everybody and ends with 0', async () => {
    const first = await start()
    using client = new LineClient({ port: first.port(doors.mx) })
    await client.reply()
    for (const command of [
      'EHLO client.example',
      'MAIL FROM:<a@example.org>',
      'RCPT TO:<me@example.test>',
      'DATA',
    ])
      await client.ask(command)
    await using idle = await connectImap(first.port(doors.imaps), {
      auth: { user: 'me@example.test', pass: password() },
    })
    await idle.mailboxOpen('INBOX')
    void idle.idle()
    const goodBye = once(
      idle.on('error', () => undefined),
      'close',
    )
    await using push = await (await openJmap(first)).push()
    const ended = first.stop('SIGTERM')
    await goodBye
    await expect(push.next()).rejects.toThrow('ended')
    expect(await client.ask('Subject: last\r\n\r\nx\r\n.')).toMatch(/^250 2\.6\.0 /)
    expect(await client.reply()).toMatch(/^421 4\.3\.2 /)
    expect(await ended).toEqual({ code: 0, signal: null })
    const mails = await stored(await start())
    expect(mails).toEqual([expect.stringMatching(/\r\nSubject: last\r\n\r\nx\r\n$/) as string])
  })

  it('under load keeps what was acknowledged, and nothing else', async () => {
    const first = await start()
    const acknowledged = await deliverUntilStopped(first, 'SIGTERM')
    expect(await first.ended).toEqual({ code: 0, signal: null })
    const mails = await stored(await start())
    expect(mails.map(withoutTrace).toSorted()).toEqual(acknowledged.toSorted())
  })
})
