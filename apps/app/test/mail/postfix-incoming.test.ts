import { PostfixServer } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { password } from '../support/test-server.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { PostfixPeers } from './support/postfix-peers.ts'
import { deliver, type DeliveryOptions } from './support/smtp-delivery.ts'

const long = `${'l'.repeat(200)}@example.test`
const accounts = [
  'me@b\u00fccher.example',
  long,
  '"a b"@example.test',
  '"at@sign"@example.test',
  'a..b@example.test',
  'j\u00f6rg@example.test',
]

let running: PostfixPeers | undefined

beforeEach(async (context) => {
  await PostfixServer.require(context)
  running ??= await PostfixPeers.start(accounts)
}, 60_000)
afterAll(() => running?.[Symbol.asyncDispose]())

function peers(): PostfixPeers {
  if (running === undefined) throw new Error('Postfix was not started')
  return running
}

/** The mail that Postfix was given for somebody here, as it arrives; one character for each octet. */
async function relayed(
  to: string,
  user: string,
  content: string,
  options: DeliveryOptions = {},
): Promise<string> {
  await using flow = await connectImap(peers().gatepost.port('imaps'), {
    auth: { user, pass: password },
  })
  await flow.mailboxOpen('INBOX')
  const arrived = new Promise((resolve) => flow.once('exists', resolve))
  const idle = flow.idle()
  await deliver(peers().postfix.ports.full, content, { to: [to], ...options })
  await arrived
  // The next command ends IDLE.
  const messages = await messagesIn(flow, 'INBOX')
  await idle
  return messages.at(-1) ?? ''
}

describe('Postfix', () => {
  it.each([
    ['me@xn--bcher-kva.example', 'me@b\u00fccher.example'],
    [long, long],
    ['"a b"@example.test', '"a b"@example.test'],
    ['"at@sign"@example.test', '"at@sign"@example.test'],
    ['a..b@example.test', 'a..b@example.test'],
    ['me+200@example.test', 'me@example.test'],
  ])('hands on mail for %s', async (to, user) => {
    const content = 'Subject: x\r\n\r\n.\r\nx\r\n'
    const message = await relayed(to, user, content)
    expect(message).toMatch(/^Return-Path: <a@example\.org>\r\n/)
    expect(message).toMatch(/\r\nSubject: x\r\n\r\n\.\r\nx\r\n$/)
  })

  it.each(['j\u00f6rg@example.test', 'me@b\u00fccher.example'])(
    'hands on mail with SMTPUTF8, octet for octet, for %s',
    async (user) => {
      const content = `From: j\u00fcrgen@example.org\r\nSubject: Gr\u00fc\u00dfe\r\n\r\n\u20ac\r\n`
      const from = 'j\u00fcrgen@example.org'
      const message = await relayed(user, user, content, { from, parameters: ' SMTPUTF8' })
      const octets = Buffer.from(content).toString('latin1')
      expect(message.endsWith(octets.slice(octets.indexOf('Subject')))).toBe(true)
      expect(message).toContain(octets.slice(0, octets.indexOf('\r\n')))
      expect(message).toContain(
        Buffer.from('Return-Path: <j\u00fcrgen@example.org>\r\n').toString('latin1'),
      )
    },
  )

  it.each([`${'v'.repeat(200)}@example.org`, '"a b"@example.org', 'a..b@example.org', ''])(
    'hands on mail from <%s>',
    async (from) => {
      const message = await relayed(
        'me@example.test',
        'me@example.test',
        'Subject: x\r\n\r\nx\r\n',
        {
          from,
        },
      )
      const written = from.startsWith('a..b') ? /(?:a\.\.b|"a\.\.b")@example\.org/.source : from
      expect(message).toMatch(new RegExp(`^Return-Path: <${written}>\r\n`))
    },
  )
})
