import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

import type { Account, OutboundRecipient, SubmittedMessage } from '@gatepost/core'
import { makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import type { TestStore } from '@gatepost/test-store'
import { ScriptedSmtpServer } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  defaultRetrySchedule,
  type Delivery,
  type DeliveryOptions,
  type MailHosts,
} from '../src/index.ts'
import { content, DeliveryFixture, recipient, soon } from './delivery-fixture.ts'

let fixture: DeliveryFixture
let store: TestStore
let me: Account
let sink: ScriptedSmtpServer

beforeEach(async () => {
  fixture = await DeliveryFixture.open()
  ;({ store, me, sink } = fixture)
})
afterEach(() => fixture[Symbol.asyncDispose]())

function start(options: Partial<DeliveryOptions> = {}): Delivery {
  return fixture.start(options)
}
function submission(
  to: readonly OutboundRecipient[],
  more: Partial<SubmittedMessage> = {},
): SubmittedMessage {
  return fixture.submission(to, more)
}
function inbox(address: string): Promise<string[]> {
  return fixture.inbox(address)
}
function queueEmpty(): Promise<void> {
  return fixture.queueEmpty()
}
/** The next message that comes into the account. */
async function nextIn(account: Account): Promise<string> {
  const before = (await inbox(account.address)).length
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const end = store.changes.subscribe(account.id, () => {
        end()
        resolve()
      })
    })
    const now = await inbox(account.address)
    if (now.length > before) return now.at(-1) ?? ''
    await changed
  }
}
describe('intake', () => {
  it('delivers one copy to each account, however it is addressed', async () => {
    await store.directory.addAlias({ address: 'both@example.test', target: 'me@example.test' })
    await store.directory.addAlias({ address: 'both@example.test', target: 'you@example.test' })
    const result = await start().intake.receive({
      content,
      reversePath: 'a@example.org',
      recipients: ['both@example.test', 'me+x@example.test'],
    })
    expect(result).toEqual({ kind: 'accepted', queueId: null })
    expect(await inbox('me@example.test')).toEqual([content.toString()])
    expect(await inbox('you@example.test')).toEqual([content.toString()])
  })

  it('backscatter: one full mailbox keeps a forged mail from all, and nobody is written to', async () => {
    await store.directory.setQuota('you@example.test', { bytes: 1, emails: 0 })
    const result = await start().intake.receive({
      content,
      reversePath: 'victim@example.org',
      recipients: ['me@example.test', 'you@example.test'],
    })
    expect(result).toEqual({ kind: 'refused', reason: 'overQuota', address: 'you@example.test' })
    expect(await inbox('me@example.test')).toEqual([])
    expect(await store.queue.list(10)).toEqual([])
  })

  it('refuses a submission to a local address that nobody has, and stores nothing', async () => {
    const result = await start().intake.submit(
      submission([recipient('you@example.test'), recipient('nobody@example.test')]),
    )
    expect(result).toEqual({
      kind: 'refused',
      reason: 'noSuchRecipient',
      address: 'nobody@example.test',
    })
    expect(await inbox('you@example.test')).toEqual([])
  })

  it('keeps a large message for the bounce, though its caller is done with it', async () => {
    await store.directory.setQuota('you@example.test', { bytes: 1, emails: 0 })
    const large = Buffer.allocUnsafeSlow(200_000).fill('x\r\n')
    large.write('Subject: the returned one\r\n\r\n')
    const { intake } = start()
    const bounced = nextIn(me)
    await intake.submit(
      submission([recipient('you@example.test'), recipient('a@example.org')], {
        content: large,
        dsnReturn: 'full',
        mayMoveContent: true,
      }),
    )
    expect(await bounced).toContain('Subject: the returned one')
    const gone = Buffer.allocUnsafeSlow(200_000).fill('x\r\n')
    await intake.submit(
      submission([recipient('a@example.org')], { content: gone, mayMoveContent: true }),
    )
    expect([large.byteLength, gone.byteLength]).toEqual([200_000, 0])
    await queueEmpty()
  })

  it('delivers to accounts here and queues for elsewhere', async () => {
    const { intake } = start()
    const result = await intake.submit(
      submission([recipient('you@example.test'), recipient('a@example.org')]),
    )
    expect(result).toMatchObject({ kind: 'accepted', queueId: expect.any(String) as string })
    expect(await inbox('you@example.test')).toHaveLength(1)
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages[0]).toMatchObject({ to: ['a@example.org'] })
  })
})

describe('the queue', () => {
  it('hands a message on byte for byte, all recipients of a domain in one go, and forgets it', async () => {
    await start().intake.submit(
      submission([recipient('a@example.org'), recipient('b@example.org')]),
    )
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages).toEqual([
      {
        helo: 'mail.example.test',
        from: 'me@example.test',
        to: ['a@example.org', 'b@example.org'],
        content: content.toString(),
        isTls: false,
      },
    ])
    await queueEmpty()
  })

  it('uses STARTTLS when it is offered', async () => {
    sink.behave({
      secureContext: secureContextOf(await makeSelfSignedCertificate(['localhost'], Date.now())),
    })
    await start().intake.submit(submission([recipient('a@example.org')]))
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages[0]?.isTls).toBe(true)
  })

  it('tries again after a temporary failure, until it succeeds', async () => {
    let tries = 0
    sink.behave({
      reply: (command) =>
        command.startsWith('RCPT') && (tries += 1) < 3 ? '450 4.2.0 greylisted' : undefined,
    })
    await start().intake.submit(submission([recipient('a@example.org')]))
    await sink.seen(() => sink.messages.length === 1)
    expect(tries).toBe(3)
    await queueEmpty()
    expect(await inbox('me@example.test')).toEqual([])
  })

  it('keeps what could not be sent, with the reply and the time of the next try', async () => {
    sink.behave({
      reply: (command) => (command.startsWith('RCPT') ? '450 4.2.0 greylisted' : undefined),
    })
    await start({ schedule: defaultRetrySchedule }).intake.submit(
      submission([recipient('a@example.org')]),
    )
    while ((await store.queue.list(10))[0]?.recipients[0]?.lastReply === null)
      await new Promise((resolve) => setImmediate(resolve))
    const [entry] = await store.queue.list(10)
    expect(entry?.recipients).toMatchObject([
      {
        address: 'a@example.org',
        attempts: 1,
        state: 'waiting',
        lastReply: '450 4.2.0 greylisted',
      },
    ])
  })

  it('survives a restart', async () => {
    await fixture.make().intake.submit(submission([recipient('a@example.org')]))
    await fixture.reopenStore()
    start()
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages[0]?.content).toBe(content.toString())
  })

  it('twenty servers that never answer do not hold up the mail of another sender', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      socket.write('220 tar.example ESMTP\r\n')
    })
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    fixture.resources.defer(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    const { port: silentPort } = silent.address() as AddressInfo
    const { intake } = start({
      hosts: {
        find: (domain) => {
          const port = domain === 'example.org' ? sink.port : silentPort
          return Promise.resolve({ kind: 'hosts', targets: [{ host: '127.0.0.1', port }] })
        },
      },
    })
    const away = Array.from({ length: 25 }, (_, at) => recipient(`a@tar${at}.example`))
    await intake.submit(submission(away))
    const you = (await store.directory.login('you@example.test'))?.access.account
    await intake.submit(
      submission([recipient('a@example.org')], {
        accountId: you?.id ?? expect.unreachable(),
        reversePath: 'you@example.test',
      }),
    )
    await sink.seen(() => sink.messages.length === 1)
    expect(sockets.size).toBeGreaterThan(0)
  }, 60_000)

  it('goes to the next host when the first is not there', async () => {
    const { intake } = start({
      hosts: {
        find: () =>
          Promise.resolve({
            kind: 'hosts',
            targets: [
              { host: '127.0.0.1', port: 1 },
              { host: '127.0.0.1', port: sink.port },
            ],
          }),
      },
    })
    await intake.submit(submission([recipient('a@example.org')]))
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages).toHaveLength(1)
  })
})

describe('status reports', () => {
  it('tells the sender of a permanent failure (RFC 3464)', async () => {
    sink.behave({
      reply: (command) =>
        command.startsWith('RCPT TO:<bad') ? '550 5.1.1 no such user' : undefined,
    })
    const { intake } = start()
    const report = nextIn(me)
    await intake.submit(
      submission([recipient('bad@example.org'), recipient('good@example.org')], {
        envelopeId: 'env-1',
      }),
    )
    const text = await report
    expect(text).toMatch(/^Return-Path: <>\r\n/)
    expect(text).toMatch(
      /\r\nContent-Type: multipart\/report; report-type=delivery-status;\r\n\tboundary="/,
    )
    expect(text).toContain('\r\nAuto-Submitted: auto-replied\r\n')
    expect(text).toContain('\r\nContent-Type: message/delivery-status\r\n')
    expect(text).toContain('\r\nOriginal-Envelope-Id: env-1\r\n')
    expect(text).toMatch(
      /\r\nFinal-Recipient: rfc822; bad@example\.org\r\nAction: failed\r\nStatus: 5\.1\.1\r\n/,
    )
    expect(text).toContain('Diagnostic-Code: smtp; 550 5.1.1 no such user')
    // RFC 6533 section 4
    expect(text).toContain('\r\nContent-Type: message/global-headers\r\n')
    expect(text).toContain('Subject: h\u00e9llo')
    expect(text).not.toContain('good@example.org')
    await sink.seen(() => sink.messages.length === 1)
    await queueEmpty()
  })

  it('hands recipients on as they were spelled (RFC 5321 section 2.4)', async () => {
    const written = ['Confirm+AbC@example.org', '"A b"@example.org', '"x@y"@example.org']
    written.push('a..b@example.org', `${'v'.repeat(200)}@example.org`)
    const message = submission(written.map((address) => recipient(address)))
    const withReturnPath = Buffer.concat([
      Buffer.from('Return-Path: <x@example.test>\r\n'),
      content,
    ])
    await start().intake.submit({ ...message, content: withReturnPath })
    await sink.seen(() => sink.messages.length === 1)
    const [handedOn] = sink.messages
    expect(handedOn?.to.toSorted()).toEqual(written.toSorted())
    expect(Buffer.from(handedOn?.content ?? '').toString()).toBe(content.toString())
    await queueEmpty()
  })

  it('reports to a sender elsewhere as he spelled himself: his host may know a token by it', async () => {
    sink.behave({
      reply: (command) => (command.startsWith('RCPT TO:<bad') ? '550 5.1.1 no' : undefined),
    })
    const reversePath = 'Bounces+AbC=1@example.org'
    await start().intake.submit(submission([recipient('bad@example.org')], { reversePath }))
    await sink.seen(() => sink.messages.length === 1)
    expect(sink.messages).toMatchObject([{ from: '', to: [reversePath] }])
    await queueEmpty()
  })

  it.each<[string, MailHosts, string]>([
    [
      'a domain that does not exist',
      { kind: 'never', status: '5.1.2', reason: 'no such domain' },
      'Status: 5.1.2',
    ],
    [
      'a domain that takes no mail',
      { kind: 'never', status: '5.1.10', reason: 'null MX' },
      'Status: 5.1.10',
    ],
  ])('tells of %s', async (_name, found, status) => {
    const { intake } = start({ hosts: { find: () => Promise.resolve(found) } })
    const report = nextIn(me)
    await intake.submit(submission([recipient('a@example.org')]))
    expect(await report).toContain(status)
  })

  it('a reply of many words and lines keeps its lines in the report, folded and in ASCII, and an address beyond ASCII is named as RFC 6533 has it', async () => {
    sink.behave({
      reply: (command) =>
        command.startsWith('RCPT')
          ? `550-5.1.1 ${'no such mailbox '.repeat(8)}\r\n550 5.1.1 J\u00f6rg is gone`
          : undefined,
    })
    await start().intake.submit(submission([recipient('j\u00f6rg@example.org')]))
    const report = await nextIn(me)
    expect(report).toContain('Content-Type: message/global-delivery-status\r\n')
    expect(report).toContain('multipart/report; report-type=global-delivery-status;')
    expect(report).toContain('\r\nFinal-Recipient: utf-8; j\u00f6rg@example.org\r\n')
    const [, code = ''] = /\r\n(Diagnostic-Code: .*(?:\r\n .*)*)/.exec(report) ?? []
    expect(code.replaceAll('\r\n', '')).toMatch(
      /^Diagnostic-Code: smtp; 550-5\.1\.1 (?:no such mailbox ){8}550 5\.1\.1 J\?+rg is gone$/,
    )
    expect(code.split('\r\n').every(({ length }) => length <= 78)).toBe(true)
  })

  it('tells nothing of addresses in a report about a server that could not be reached', async () => {
    const gone = await ScriptedSmtpServer.listen()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const { intake } = start({
      hosts: {
        find: () =>
          Promise.resolve({
            kind: 'hosts',
            targets: [{ host: 'relay.inside.example', port, address: '127.0.0.1' }],
          }),
      },
      schedule: { ...soon, giveUpMs: 0 },
    })
    await intake.submit(submission([recipient('a@example.org')]))
    await expect.poll(() => inbox('me@example.test')).toHaveLength(1)
    const [report] = await inbox('me@example.test')
    expect(report).toContain('relay.inside.example: connection refused')
    expect(report).not.toMatch(/127\.0\.0\.1|ECONNREFUSED/)
  })

  it('gives up when the time is over', async () => {
    const { intake } = start({
      hosts: { find: () => Promise.resolve({ kind: 'later', reason: 'DNS: ETIMEOUT' }) },
      schedule: { ...soon, giveUpMs: 0 },
    })
    const report = nextIn(me)
    await intake.submit(submission([recipient('a@example.org')]))
    expect(await report).toMatch(/Action: failed\r\nStatus: 5\.4\.3/)
    await queueEmpty()
  })

  it('says nothing to a sender that does not want to know, and nothing about a bounce', async () => {
    sink.behave({ reply: (command) => (command.startsWith('RCPT') ? '550 5.1.1 no' : undefined) })
    const { intake } = start()
    await intake.submit(submission([recipient('a@example.org', ['never'])]))
    await intake.submit(submission([recipient('b@example.org')], { reversePath: '' }))
    await sink.seen(
      () => sink.commands.filter((command) => command.startsWith('RCPT')).length === 2,
    )
    await queueEmpty()
    expect(await inbox('me@example.test')).toEqual([])
  })

  it('tells of success when it was asked to and the next server cannot', async () => {
    const { intake } = start()
    const report = nextIn(me)
    await intake.submit(submission([recipient('a@example.org', ['success'])]))
    expect(await report).toMatch(/Action: relayed\r\nStatus: 2\.0\.0/)
  })
})
