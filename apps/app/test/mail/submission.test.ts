import { defaultRetrySchedule } from '@gatepost/delivery'
import { makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import { ScriptedSmtpServer } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { JmapClient, type JmapObject } from './support/jmap-client.ts'
import { readReport } from './support/status-report.ts'
import { submit } from './support/submission.ts'

const soon = { ...defaultRetrySchedule, firstMs: 5, maxMs: 5 }

let resources: AsyncDisposableStack
let remote: ScriptedSmtpServer
let server: TestServer

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  remote = resources.use(
    await ScriptedSmtpServer.listen({
      secureContext: secureContextOf(await makeSelfSignedCertificate(['localhost'], Date.now())),
    }),
  )
  server = resources.use(
    await TestServer.start({
      schedule: soon,
      hosts: {
        find: () =>
          Promise.resolve({ kind: 'hosts', targets: [{ host: '127.0.0.1', port: remote.port }] }),
      },
    }),
  )
})
afterEach(() => resources.disposeAsync())

async function received(user: string): Promise<string[]> {
  await using flow = await connectImap(server.port('imaps'), {
    auth: { user, pass: password },
  })
  return await messagesIn(flow, 'INBOX')
}
/** The queue has let go of everything that it took. */
async function queueEmpty(): Promise<void> {
  while ((await server.running.store.queue.list(1)).length > 0)
    await new Promise((resolve) => setImmediate(resolve))
}

describe('nodemailer', () => {
  it('sends a read receipt, which nobody answers (RFC 8098 section 3)', async () => {
    await submit(
      { port: server.port('submissions') },
      {
        envelope: { from: '', to: ['you@example.test', 'Sender+Token@example.org'] },
        subject: 'Read: x',
        text: 'read',
      },
    )
    await remote.seen(() => remote.messages.length === 1)
    expect(remote.messages).toMatchObject([{ from: '', to: ['Sender+Token@example.org'] }])
    const sentOn = Buffer.from(remote.messages[0]?.content ?? '').toString('latin1')
    expect(sentOn).not.toContain('Return-Path')
    expect(await received('you@example.test')).toEqual([`Return-Path: <>\r\n${sentOn}`])
    await queueEmpty()
    expect(await received('me@example.test')).toEqual([])
  })

  it.each([
    ['submission', false],
    ['submissions', true],
  ] as const)(
    'sends over %s to an account here and to another server, which gets it over TLS',
    async (listener, isImplicitTls) => {
      const sent = await submit(
        { port: server.port(listener), isImplicitTls },
        { to: ['you@example.test', 'friend@example.org'], subject: 'both', text: 'caf\u00e9\n.\n' },
      )
      expect(sent).toMatchObject({
        accepted: ['you@example.test', 'friend@example.org'],
        rejected: [],
      })
      expect(sent.response).toMatch(/^250 2\.6\.0 Queued as q\d+/)
      await remote.seen(() => remote.messages.length === 1)
      const [handedOn] = remote.messages
      expect(handedOn).toMatchObject({
        helo: 'mail.example.test',
        from: 'me@example.test',
        to: ['friend@example.org'],
        isTls: true,
      })
      const [kept, ...more] = await received('you@example.test')
      const sentOn = Buffer.from(handedOn?.content ?? '').toString('latin1')
      expect(kept).toBe(`Return-Path: <me@example.test>\r\n${sentOn}`)
      expect(sentOn).toMatch(/^Received: from [^]* with ESMTPSA id /)
      expect(kept).toContain(`Message-ID: ${sent.messageId}\r\n`)
      expect(more).toEqual([])
      await queueEmpty()
      expect(remote.messages).toHaveLength(1)
    },
  )

  it('sends as an alias and with a detail, and as nobody else', async () => {
    await server.running.store.directory.addAlias({
      address: 'sales@example.test',
      target: 'me@example.test',
    })
    const port = server.port('submissions')
    for (const from of ['Sales <sales@example.test>', 'me+list@example.test'])
      await submit({ port }, { from, to: 'you@example.test', subject: from, text: 'x' })
    expect(await received('you@example.test')).toHaveLength(2)
    for (const from of ['you@example.test', 'me@example.org'])
      await expect(
        submit({ port }, { from, to: 'you@example.test', text: 'x' }),
      ).rejects.toMatchObject({ responseCode: 550, command: 'MAIL FROM' })
    await expect(
      submit(
        { port },
        {
          from: 'you@example.test',
          envelope: { from: 'me@example.test', to: ['you@example.test'] },
          text: 'x',
        },
      ),
    ).rejects.toMatchObject({ responseCode: 550, command: 'DATA' })
    expect(await received('you@example.test')).toHaveLength(2)
  })

  it('hears of a recipient here that does not exist, and reaches the others', async () => {
    const sent = await submit(
      { port: server.port('submissions') },
      { to: ['you@example.test', 'nobody@example.test'], text: 'x' },
    )
    expect(sent).toMatchObject({
      accepted: ['you@example.test'],
      rejected: ['nobody@example.test'],
      rejectedErrors: [{ response: '550 5.1.1 No such user here' }],
    })
  })
})

describe('another server', () => {
  it('that is busy is tried again until it takes the mail, once', async () => {
    let tries = 0
    remote.behave({
      reply: (command) =>
        command === '.' && (tries += 1) < 3 ? '451 4.3.0 come back later' : undefined,
    })
    await submit({ port: server.port('submissions') }, { to: 'friend@example.org', text: 'again' })
    await remote.seen(() => remote.messages.length === 1)
    await queueEmpty()
    expect(tries).toBe(3)
    expect(remote.messages).toHaveLength(1)
    expect(await received('me@example.test')).toEqual([])
  })

  it('that refuses for good makes a report for the sender (RFC 3464)', async () => {
    remote.behave({
      reply: (command) =>
        command.startsWith('RCPT') ? '550-5.1.1 nobody\r\n550 5.1.1 of this name' : undefined,
    })
    const jmap = await JmapClient.open(server.port('http'))
    await using push = await jmap.push('Email')
    await submit(
      { port: server.port('submissions') },
      {
        to: 'gone@example.org',
        subject: 'na\u00efve',
        text: 'what comes back',
        dsn: { id: 'mail-7', return: 'full', notify: 'failure', recipient: 'gone@example.org' },
      },
    )
    await push.next()
    await queueEmpty()
    const [message, ...more] = await received('me@example.test')
    expect(more).toEqual([])
    const { header, text, perMessage, recipients, returned } = readReport(message ?? '')
    expect(header).toContain('Return-Path: <>\r\n')
    expect(header).toMatch(/\r\nFrom: [^\r]*postmaster@mail\.example\.test>\r\n/i)
    expect(header).toContain('\r\nTo: <me@example.test>\r\n')
    expect(text).toContain('gone@example.org')
    expect(perMessage).toMatchObject({
      'reporting-mta': 'dns; mail.example.test',
      'original-envelope-id': 'mail-7',
      'arrival-date': expect.stringMatching(/^\w{3}, /) as string,
    })
    expect(recipients).toMatchObject([
      {
        'original-recipient': 'rfc822;gone@example.org',
        'final-recipient': 'rfc822; gone@example.org',
        action: 'failed',
        status: '5.1.1',
        'remote-mta': 'dns; 127.0.0.1',
        // RFC 3461 section 9.2: all lines of the reply, with their codes.
        'diagnostic-code': 'smtp; 550-5.1.1 nobody 550 5.1.1 of this name',
      },
    ])
    expect(returned).toMatchObject({
      type: 'message/rfc822',
      content: expect.stringMatching(/^Received: [^]*\r\n\r\nwhat comes back\r\n/) as string,
    })
    await expectReadByJmap(jmap)
    expect(remote.commands.filter((command) => command.startsWith('MAIL'))).toHaveLength(1)
  })
})

/** The structure of the one email there is, as a mail program sees it. */
async function expectReadByJmap(jmap: JmapClient): Promise<void> {
  const { id } = await jmap.mailbox('inbox')
  const [report] = await jmap.emails(id, ['bodyStructure', 'from'])
  expect(report?.['bodyStructure']).toMatchObject({
    type: 'multipart/report',
    subParts: [
      { type: 'text/plain' },
      { type: 'message/delivery-status' },
      { type: 'message/rfc822' },
    ],
  })
}

describe('JMAP', () => {
  it('sends a draft to an account here and to another server, and files it under Sent', async () => {
    const jmap = await JmapClient.open(server.port('http'))
    const [drafts, sent] = [await jmap.mailbox('drafts'), await jmap.mailbox('sent')]
    const [identity] = (await jmap.call('Identity/get', { ids: null })).list
    const draft = {
      mailboxIds: { [drafts.id]: true },
      keywords: { $draft: true, $seen: true },
      from: [{ email: 'me@example.test' }],
      to: [{ email: 'you@example.test' }, { email: 'friend@example.org' }],
      bcc: [{ email: 'secret@example.org' }],
      subject: 'by JMAP',
      textBody: [{ partId: 'text', type: 'text/plain' }],
      bodyValues: { text: { value: 'gr\u00fc\u00dfe' } },
    }
    const responses = await jmap.calls(
      ['Email/set', { create: { draft } }],
      [
        'EmailSubmission/set',
        {
          create: { going: { emailId: '#draft', identityId: identity?.id } },
          onSuccessUpdateEmail: {
            '#going': {
              [`mailboxIds/${drafts.id}`]: null,
              [`mailboxIds/${sent.id}`]: true,
              'keywords/$draft': null,
            },
          },
        },
      ],
    )
    expect(responses.map(([name]) => name)).toEqual([
      'Email/set',
      'EmailSubmission/set',
      'Email/set',
    ])
    const made = responses[1]?.[1].created as Readonly<Record<string, JmapObject>>
    expect(made['going']).toMatchObject({ undoStatus: 'final' })

    await remote.seen(() => remote.messages.length === 1)
    expect(remote.messages[0]).toMatchObject({
      from: 'me@example.test',
      to: ['friend@example.org', 'secret@example.org'],
      isTls: true,
    })
    expect(remote.messages[0]?.content).not.toContain('secret')
    const [kept] = await received('you@example.test')
    const sentOn = Buffer.from(remote.messages[0]?.content ?? '').toString('latin1')
    expect(kept).toBe(`Return-Path: <me@example.test>\r\n${sentOn}`)

    await using flow = await connectImap(server.port('imaps'))
    expect(await messagesIn(flow, 'Drafts')).toEqual([])
    const [filed] = await messagesIn(flow, 'Sent')
    expect(filed).toContain('\r\nBcc: secret@example.org\r\n')
    await flow.mailboxOpen('Sent')
    expect(await flow.fetchOne('1', { flags: true })).toMatchObject({ flags: new Set(['\\Seen']) })
  })
})
