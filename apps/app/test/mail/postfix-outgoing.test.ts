import { PostfixServer } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { decodedParts } from './support/decoded-parts.ts'
import { requirePrograms } from './support/external-program.ts'
import { JmapClient } from './support/jmap-client.ts'
import {
  eightBitForms,
  longForms,
  relaxedDkim,
  signedForm,
  utf8HeaderForm,
} from './support/outgoing-forms.ts'
import { OutgoingMail, type OutgoingMailOptions } from './support/outgoing-mail.ts'
import { PostfixPeers } from './support/postfix-peers.ts'

let running: PostfixPeers | undefined

beforeEach(async (context) => {
  requirePrograms(context, 'python3')
  await PostfixServer.require(context)
  running ??= await PostfixPeers.start()
}, 60_000)
afterAll(() => running?.[Symbol.asyncDispose]())

function peers(): PostfixPeers {
  if (running === undefined) throw new Error('Postfix was not started')
  return running
}

/** `to`: an address, or the name of a peer. */
function send(content: string, to: string, options?: OutgoingMailOptions): Promise<OutgoingMail> {
  const address = to.includes('@') ? to : `you@${to}.example`
  return OutgoingMail.submit(peers(), content, [address], options)
}

function unfolded(text: string): string {
  return text.replaceAll(/\r\n(?=[ \t])/g, '')
}

/** Answers what was received: it is read as what was sent. */
async function expectConverted(mail: OutgoingMail): Promise<string> {
  const { message } = await mail.received()
  const texts = [mail.message, message]
  const [before, after] = await decodedParts(peers().gatepost.folder, texts)
  expect(after).toEqual(before)
  return message
}

describe.each(eightBitForms)('$name', ({ content }) => {
  it.each(['full', 'ascii'] as const)('is unchanged for a server with 8BITMIME: %s', async (to) => {
    const mail = await send(content, to)
    expect((await mail.received()).message).toBe(mail.message)
  })

  it.each(['seven', 'bare'] as const)('becomes 7 bits for one without: %s', async (to) => {
    const message = await expectConverted(await send(content, to))
    expect(message).toMatch(/^[\x00-\x7f]*$/)
    expect(message).not.toMatch(/^content-transfer-encoding: *(?:8bit|binary)/im)
  })
})

describe.each(longForms)('$name', ({ content }) => {
  it.each(['full', 'seven'] as const)('becomes legal: %s', async (to) => {
    const lines = (await expectConverted(await send(content, to))).split('\r\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(998)
  })
})

it('a mail that JMAP sends becomes 7 bits like any other', async () => {
  const mail = OutgoingMail.compose(peers(), eightBitForms[0]?.content ?? '')
  await sendByJmap(mail, 'you@seven.example')
  expect(await expectConverted(mail)).toMatch(/^[\x00-\x7f]*$/)
})

describe('a signature', () => {
  it('of DKIM is not touched where nothing has to be changed', async () => {
    const mail = await send(
      `${relaxedDkim}Subject: x\nX-Long: ${'word '.repeat(190)}\n\n\u00e9\n`,
      'full',
    )
    expect((await mail.received()).message).toBe(mail.message)
  })

  it('of DKIM that unfolds header fields lets a long one be folded', async () => {
    const mail = await send(relaxedDkim + (longForms[1]?.content ?? ''), 'full')
    const { message } = await mail.received()
    expect(message).not.toBe(mail.message)
    expect(unfolded(message)).toBe(unfolded(mail.message))
  })

  it('of DKIM covers a body whose lines are too long: returned', async () => {
    const mail = await send(`${relaxedDkim}Subject: x\n\n${'x'.repeat(999)}\n`, 'full')
    expect(await mail.reported()).toMatchObject({ action: 'failed', status: '5.6.2' })
  })

  it('of a part keeps its 8 bits from a server without 8BITMIME: returned', async () => {
    const unchanged = await send(signedForm, 'ascii')
    expect((await unchanged.received()).message).toBe(unchanged.message)
    const mail = await send(signedForm, 'seven')
    expect(await mail.reported()).toMatchObject({ action: 'failed', status: '5.6.2' })
  })
})

describe('beyond ASCII', () => {
  it.each([
    ['a header field', utf8HeaderForm, 'you@full.example'],
    ['a local part', '\nx\n', 'j\u00f6rg@full.example'],
  ])('%s goes out as it is to a server with SMTPUTF8', async (_name, content, to) => {
    const mail = await send(content, to)
    const { envelope, message } = await mail.received()
    expect(message).toBe(mail.message)
    expect(envelope).toContain(`Delivered-To: ${Buffer.from(to).toString('latin1')}\r\n`)
    expect(envelope).toMatch(/ with UTF8SMTPS /)
  })

  it.each([
    ['a header field', utf8HeaderForm, 'you@ascii.example'],
    ['a header field', utf8HeaderForm, 'you@bare.example'],
    ['a local part', '\nx\n', 'j\u00f6rg@ascii.example'],
  ])('%s does not go to one without', async (_name, content, to) => {
    const mail = await send(content, to)
    const type = to.startsWith('j') ? 'utf-8' : 'rfc822'
    const [report] = await mail.reports()
    expect(report?.returned.type).toBe(
      content === utf8HeaderForm ? 'message/global-headers' : 'text/rfc822-headers',
    )
    expect(report?.recipients).toHaveLength(1)
    expect(report?.recipients[0]).toMatchObject({
      'final-recipient': `${type}; ${Buffer.from(to).toString('latin1')}`,
      action: 'failed',
      status: '5.6.7',
      'diagnostic-code': expect.stringMatching(/^smtp; 553 5\.6\.7 /) as string,
    })
  })

  it('a domain goes to one without in A-labels', async () => {
    const mail = await send('\nx\n', 'you@gr\u00fcn.example')
    expect((await mail.received()).envelope).toContain('Delivered-To: you@xn--grn-ioa.example\r\n')
  })
})

it.each(['small', 'bare'] as const)(
  'a message over the size that a server takes, announced or not, is returned at once: %s',
  async (to) => {
    const mail = await send(`\n${'x\n'.repeat(3000)}`, to)
    expect(await mail.reported()).toMatchObject({
      action: 'failed',
      status: '5.3.4',
      'diagnostic-code': expect.stringMatching(/^smtp; 552 5\.3\.4 /) as string,
    })
  },
)

it('all lines of a refusal are reported, in ASCII', async () => {
  const mail = await send('\nx\n', 'strict')
  expect(await mail.reported()).toMatchObject({
    action: 'failed',
    status: '5.2.1',
    'diagnostic-code': expect.stringMatching(
      /^smtp; 550-5\.2\.1 <you@strict\.example>: Recipient address rejected: Postfach geschlossen 550-5\.2\.1 Fragen an J\?+rg M\?+ller 550 5\.2\.1 (?:long words )+/,
    ) as string,
  })
})

it('the report of another server on delivery comes back', async () => {
  const mail = await send('\nx\n', 'full', { notify: 'success' })
  await mail.received()
  await using push = await (await JmapClient.open(peers().gatepost.port('http'))).push('Email')
  let reports = await mail.reports()
  for (; reports.length === 0; reports = await mail.reports()) await push.next()
  expect(reports[0]?.recipients).toMatchObject([{ action: 'delivered', status: '2.0.0' }])
})

async function sendByJmap({ message }: OutgoingMail, to: string): Promise<void> {
  const jmap = await JmapClient.open(peers().gatepost.port('http'))
  const blobId = await jmap.upload(Buffer.from(message, 'latin1'))
  const [identity] = (await jmap.call('Identity/get', { ids: null })).list
  const { id } = await jmap.mailbox('sent')
  const envelope = { mailFrom: { email: 'me@example.test' }, rcptTo: [{ email: to }] }
  const answers = await jmap.calls(
    ['Email/import', { emails: { mail: { blobId, mailboxIds: { [id]: true } } } }],
    [
      'EmailSubmission/set',
      { create: { going: { emailId: '#mail', identityId: identity?.id, envelope } } },
    ],
  )
  expect(answers[1]?.[1].created).toHaveProperty('going')
}
