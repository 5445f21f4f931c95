import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ImapClient, LineClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { SystemCallTrace } from '../support/system-call-trace.ts'
import type { SystemCall } from '../support/system-calls.ts'
import { requirePrograms } from './support/external-program.ts'
import { JmapClient } from './support/jmap-client.ts'
import { listenSilently } from './support/silent-server.ts'
import { deliver } from './support/smtp-delivery.ts'

const user = 'me@example.test'
const message = `Subject: x\r\nFrom: ${user}\r\nTo: b@example.org\r\n\r\nx\r\n`

let resources: AsyncDisposableStack
let server: GatepostProcess
let password: string

beforeAll(async () => {
  resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-acknowledged-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const relay = resources.use(await listenSilently())
  server = resources.use(
    new GatepostProcess({
      folder,
      environment: { GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${relay.port}` },
    }),
  )
  await server.ready()
  password = readFileSync(join(folder, 'data/initial-password'), 'utf8').trim()
  await deliver(server.port('SMTP  mail from'), message)
  // Keeps the domain busy: what follows waits in the queue, and nothing of the queue is written beside what is looked at.
  await (
    await submission()
  )()
  await relay.reached
})
afterAll(() => resources.disposeAsync())

/** The last step of a change, up to the answer; everything before it is done. */
type LastStep = () => Promise<unknown>

async function expectReply(client: LineClient, line: string, code: number): Promise<void> {
  const reply = await client.ask(line)
  if (!reply.startsWith(String(code))) throw new Error(`${line}: ${reply}`)
}

async function smtp(client: LineClient, ...commands: readonly string[]): Promise<LastStep> {
  resources.use(client)
  await client.reply()
  for (const command of ['EHLO client.example', ...commands]) {
    const reply = await client.ask(command)
    if (!/^[23]/.test(reply)) throw new Error(`${command}: ${reply}`)
  }
  await expectReply(client, 'DATA', 354)
  return () => expectReply(client, `${message}.`, 250)
}

function submission(): Promise<LastStep> {
  const token = Buffer.from(`\0${user}\0${password}`).toString('base64')
  return smtp(
    new LineClient({ port: server.port('SMTP  sending, TLS'), isImplicitTls: true }),
    `AUTH PLAIN ${token}`,
    `MAIL FROM:<${user}>`,
    'RCPT TO:<b@example.org>',
  )
}

async function imap(): Promise<ImapClient> {
  const client = resources.use(
    new ImapClient({ port: server.port('IMAP  TLS'), isImplicitTls: true }),
  )
  await client.response()
  await client.ok(`LOGIN ${user} ${password}`)
  await client.ok('SELECT INBOX')
  return client
}

function jmap(): Promise<JmapClient> {
  return JmapClient.open(server.port('JMAP  http'), user, password)
}

async function firstEmail(client: JmapClient): Promise<{ readonly id: string }> {
  const inbox = await client.mailbox('inbox')
  const [email] = await client.emails(inbox.id)
  if (email === undefined) throw new Error('no email')
  return email
}

async function emailOfMine(client: JmapClient): Promise<string> {
  const drafts = await client.mailbox('drafts')
  const blobId = await client.upload(Buffer.from(message))
  const { created } = await client.call('Email/import', {
    emails: { e: { blobId, mailboxIds: { [drafts.id]: true } } },
  })
  return (created as Readonly<Record<string, { readonly id: string }>>)['e']?.id ?? ''
}

const doors: Readonly<Record<string, () => Promise<LastStep>>> = {
  'SMTP DATA from another server': () =>
    smtp(
      new LineClient({ port: server.port('SMTP  mail from') }),
      'MAIL FROM:<a@example.org>',
      `RCPT TO:<${user}>`,
    ),
  'SMTP DATA into the queue': submission,
  'IMAP APPEND': async () => {
    const client = await imap()
    return () => client.ok(`APPEND INBOX {${message.length}+}\r\n${message}`)
  },
  'IMAP STORE': async () => {
    const client = await imap()
    return () => client.ok('STORE 1 +FLAGS (\\Flagged)')
  },
  'IMAP STORE, SILENT': async () => {
    const client = await imap()
    return () => client.ok('STORE 1 -FLAGS.SILENT (\\Flagged)')
  },
  'IMAP COPY': async () => {
    const client = await imap()
    return () => client.ok('COPY 1 Archive')
  },
  'IMAP MOVE': async () => {
    const client = await imap()
    await client.ok(`APPEND INBOX {${message.length}+}\r\n${message}`)
    return () => client.ok('MOVE * Archive')
  },
  'IMAP EXPUNGE': async () => {
    const client = await imap()
    await client.ok(`APPEND INBOX (\\Deleted) {${message.length}+}\r\n${message}`)
    return () => client.ok('EXPUNGE')
  },
  'IMAP CREATE': async () => {
    const client = await imap()
    return () => client.ok('CREATE New')
  },
  'JMAP upload': async () => {
    const client = await jmap()
    return () => client.upload(Buffer.from('an upload'))
  },
  'JMAP Email/import': async () => {
    const client = await jmap()
    const inbox = await client.mailbox('inbox')
    const blobId = await client.upload(Buffer.from(message))
    const emails = { e: { blobId, mailboxIds: { [inbox.id]: true } } }
    return () => client.call('Email/import', { emails })
  },
  'JMAP Email/set, create': async () => {
    const client = await jmap()
    const drafts = await client.mailbox('drafts')
    const email = { mailboxIds: { [drafts.id]: true }, subject: 'a draft' }
    return () => client.set('Email/set', { create: { e: email } })
  },
  'JMAP Email/set, update': async () => {
    const client = await jmap()
    const { id } = await firstEmail(client)
    return () => client.set('Email/set', { update: { [id]: { 'keywords/work': true } } })
  },
  'JMAP Email/set, destroy': async () => {
    const client = await jmap()
    const id = await emailOfMine(client)
    return () => client.set('Email/set', { destroy: [id] })
  },
  'JMAP EmailSubmission/set': async () => {
    const client = await jmap()
    const emailId = await emailOfMine(client)
    const [identity] = (await client.call('Identity/get', { ids: null })).list
    return () =>
      client.set('EmailSubmission/set', {
        create: { s: { emailId, identityId: identity?.id } },
      })
  },
  'JMAP Mailbox/set': async () => {
    const client = await jmap()
    const { id } = await client.mailbox('inbox')
    return () => client.set('Mailbox/set', { update: { [id]: { sortOrder: 7 } } })
  },
}

function isAnswer({ name, file, descriptor }: SystemCall): boolean {
  return name.startsWith('write') && file.startsWith('socket:') && descriptor > 2
}

/** What was written to the database before the first word on a socket, and what of it was not flushed by then. */
function beforeAnswer(calls: readonly SystemCall[]): {
  readonly written: number
  readonly unflushed: number
} {
  const answer = calls.find(isAnswer)
  if (answer === undefined) throw new Error('nothing was answered')
  const before = calls.filter(
    ({ file, start }) => /\/gatepost\.sqlite(?:-wal)?$/.test(file) && start < answer.start,
  )
  const written = before.filter(({ name }) => name === 'pwrite64' || name === 'write')
  const flushes = before.filter(
    ({ name, end, result }) => /^f(?:data)?sync$/.test(name) && result === 0 && end < answer.start,
  )
  const unflushed = written.filter(
    ({ file, end }) => !flushes.some((flush) => flush.file === file && flush.start > end),
  )
  return { written: written.length, unflushed: unflushed.length }
}

describe('what is acknowledged has been flushed to the disk before', () => {
  it.for(Object.entries(doors))('%s', async ([, prepare], context) => {
    requirePrograms(context, 'strace')
    const lastStep = await prepare()
    await using trace = await SystemCallTrace.attach(server.child.pid ?? 0)
    await lastStep()
    const { written, unflushed } = beforeAnswer(await trace.stop())
    expect(written).toBeGreaterThan(0)
    expect(unflushed).toBe(0)
  })
})
