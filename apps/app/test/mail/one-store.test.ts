import { once } from 'node:events'

import type { ExistsEvent, ExpungeEvent, FlagsEvent, ImapFlow } from 'imapflow'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { deliver } from './support/smtp-delivery.ts'

let resources: AsyncDisposableStack
let server: TestServer
let jmap: JmapClient

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  server = resources.use(await TestServer.start())
  jmap = await JmapClient.open(server.port('http'))
})
afterEach(() => resources.disposeAsync())

async function connect(mailbox?: string): Promise<ImapFlow> {
  const flow = resources.use(await connectImap(server.port('imaps')))
  if (mailbox !== undefined) await flow.mailboxOpen(mailbox)
  return flow
}
/** The next event of a connection that does nothing but wait; call what it answers to wait for it. */
function duringIdle<Event>(
  flow: ImapFlow,
  name: 'exists' | 'expunge' | 'flags',
): () => Promise<Event> {
  const event = once(flow, name) as Promise<[Event]>
  void flow.idle()
  return async () => (await event)[0]
}
async function inboxId(): Promise<string> {
  return (await jmap.mailbox('inbox')).id
}
const mail = (subject: string): string =>
  `From: a@example.org\r\nTo: me@example.test\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`

describe('what JMAP does', () => {
  it('to a keyword is told to an idle IMAP session', async () => {
    await deliver(server.port('mx'), mail('one'))
    const flow = await connect('INBOX')
    const flags = duringIdle<FlagsEvent>(flow, 'flags')
    const [email] = await jmap.emails(await inboxId())
    await jmap.set('Email/set', { update: { [email?.id ?? '']: { 'keywords/$flagged': true } } })
    expect(await flags()).toMatchObject({ seq: 1, flags: new Set(['\\Flagged']) })
  })

  it('when it moves an email is an EXPUNGE in one mailbox and an arrival in the other', async () => {
    await deliver(server.port('mx'), mail('one'))
    const source = await connect('INBOX')
    const target = await connect('Archive')
    const gone = duringIdle<ExpungeEvent>(source, 'expunge')
    const come = duringIdle<ExistsEvent>(target, 'exists')
    const [email] = await jmap.emails(await inboxId())
    const archive = await jmap.mailbox('archive')
    await jmap.set('Email/set', {
      update: { [email?.id ?? '']: { mailboxIds: { [archive.id]: true } } },
    })
    expect(await gone()).toMatchObject({ path: 'INBOX', seq: 1 })
    expect(await come()).toMatchObject({ path: 'Archive', prevCount: 0, count: 1 })
  })

  it('to the name of a mailbox keeps its messages and its UIDs for IMAP', async () => {
    const { made } = await jmap.set('Mailbox/set', { create: { made: { name: 'Old' } } })
    const flow = await connect()
    await flow.append('Old', mail('kept'))
    const { uidValidity } = await flow.mailboxOpen('Old')
    await flow.mailboxClose()
    await jmap.set('Mailbox/set', { update: { [made?.id ?? '']: { name: 'N\u00e9w' } } })
    const paths = (await flow.list()).map(({ path }) => path)
    expect(paths).toContain('N\u00e9w')
    expect(paths).not.toContain('Old')
    expect(await flow.mailboxOpen('N\u00e9w')).toMatchObject({ uidValidity, exists: 1 })
  })

  it('when it imports an upload is a message with its flags and bytes', async () => {
    const flow = await connect('INBOX')
    const come = duringIdle<ExistsEvent>(flow, 'exists')
    const blobId = await jmap.upload(Buffer.from(mail('imported')))
    const emails = {
      made: { blobId, mailboxIds: { [await inboxId()]: true }, keywords: { $seen: true } },
    }
    await jmap.set('Email/import', { emails })
    expect(await come()).toMatchObject({ count: 1 })
    expect(await messagesIn(flow, 'INBOX')).toEqual([mail('imported')])
    expect(await flow.fetchOne('1', { flags: true })).toMatchObject({ flags: new Set(['\\Seen']) })
  })
})

describe('what IMAP does', () => {
  it('when it appends is a change and is pushed', async () => {
    const { state } = await jmap.call('Email/get', { ids: [] })
    await using push = await jmap.push('Email')
    const flow = await connect()
    await flow.append('INBOX', mail('appended'), ['\\Seen', '$work'])
    const { Email: pushed } = await push.next()
    const changes = await jmap.call('Email/changes', { sinceState: state })
    expect(changes).toMatchObject({ newState: pushed, updated: [], destroyed: [] })
    const { list } = await jmap.call('Email/get', {
      ids: changes.created,
      properties: ['subject', 'keywords', 'mailboxIds'],
    })
    expect(list).toMatchObject([
      {
        subject: 'appended',
        keywords: { $seen: true, $work: true },
        mailboxIds: { [await inboxId()]: true },
      },
    ])
  })

  it('to flags, mailboxes and existence is all in the changes', async () => {
    const flow = await connect()
    for (const subject of ['flagged', 'copied', 'expunged'])
      await flow.append('INBOX', mail(subject))
    const emails = new Map(
      (await jmap.emails(await inboxId())).map(({ id, subject }) => [subject, id]),
    )
    const { state } = await jmap.call('Email/get', { ids: [] })
    await flow.mailboxOpen('INBOX')
    await flow.messageFlagsAdd('1', ['\\Answered'])
    await flow.messageCopy('2', 'Archive')
    await flow.messageDelete('3')
    const changes = await jmap.call('Email/changes', { sinceState: state })
    expect(new Set(changes['updated'] as string[])).toEqual(
      new Set([emails.get('flagged'), emails.get('copied')]),
    )
    expect(changes).toMatchObject({ created: [], destroyed: [emails.get('expunged')] })
    const archive = await jmap.mailbox('archive')
    const { list } = await jmap.call('Email/get', {
      ids: [emails.get('flagged'), emails.get('copied')],
      properties: ['keywords', 'mailboxIds'],
    })
    expect(list).toMatchObject([
      { keywords: { $answered: true }, mailboxIds: { [await inboxId()]: true } },
      { mailboxIds: { [await inboxId()]: true, [archive.id]: true } },
    ])
  })

  it('to the name of a mailbox is an update of the same mailbox', async () => {
    const flow = await connect()
    await flow.mailboxCreate(['Projects', 'One'])
    const { id } = await jmap.mailbox('One')
    const { state } = await jmap.call('Mailbox/get', { ids: [] })
    await using push = await jmap.push('Mailbox')
    await flow.mailboxRename('Projects/One', 'Projects/Two')
    const { Mailbox: pushed } = await push.next()
    expect(await jmap.call('Mailbox/changes', { sinceState: state })).toMatchObject({
      newState: pushed,
      created: [],
      updated: [id],
      destroyed: [],
    })
    expect(await jmap.mailbox('Two')).toMatchObject({ id })
  })
})

it('tells an idle IMAP session and a JMAP client at once of a mail that came by SMTP', async () => {
  const flow = await connect('INBOX')
  const come = duringIdle<ExistsEvent>(flow, 'exists')
  await using push = await jmap.push()
  await deliver(server.port('mx'), mail('new'))
  expect(await come()).toMatchObject({ path: 'INBOX', prevCount: 0, count: 1 })
  const state = expect.stringMatching(/^\d+$/) as string
  expect(await push.next()).toEqual({
    Email: state,
    Mailbox: state,
    Thread: state,
    EmailDelivery: state,
  })
})

it('has the same bytes for all: as they came by SMTP, in BODY[] and in the download', async () => {
  const bytes = Buffer.from(Array.from({ length: 128 }, (_, index) => index + 128))
  const sent = Buffer.concat([
    Buffer.from('From: a@example.org\r\nSubject:  two  spaces \r\nX-Empty:\r\n\r\n.\r\n..\r\n'),
    bytes,
    Buffer.from(`\r\n${'x'.repeat(990)}\r\n\r\n \r\nno more`),
    Buffer.from('\r\n'),
  ])
  await deliver(server.port('mx'), sent)
  const [email] = await jmap.emails(await inboxId())
  const downloaded = await jmap.download(email?.blobId ?? '')
  const [fetched] = await messagesIn(await connect(), 'INBOX')
  expect(fetched).toBe(downloaded.toString('latin1'))
  const trace = downloaded.subarray(0, downloaded.length - sent.length)
  expect(downloaded.subarray(trace.length).equals(sent)).toBe(true)
  expect(trace.toString()).toMatch(
    /^Return-Path: <a@example\.org>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n(?:\t[^\r\n]+\r\n)+$/,
  )
})
