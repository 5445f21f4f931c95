import type { LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { password, plainToken, SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
beforeEach(async () => {
  smtp = await SmtpFixture.open()
})
afterEach(() => smtp[Symbol.asyncDispose]())

const good = plainToken('me@example.test', password)

describe('authentication', () => {
  it('is announced over TLS only, and before it refused with the reason', async () => {
    const client = smtp.client('submission')
    await client.reply()
    expect(await client.ask('EHLO client.example')).not.toContain('AUTH')
    expect(await client.ask(`AUTH PLAIN ${good}`)).toMatch(/^538 5\.7\.11 /)
    expect(await client.ask('MAIL FROM:<me@example.test>')).toMatch(/^530 5\.7\.0 Must issue/)
    await client.ask('STARTTLS')
    await client.startTls()
    expect(await client.ask('EHLO client.example')).toContain('AUTH PLAIN LOGIN')
    expect(await client.ask(`AUTH PLAIN ${good}`)).toMatch(/^235 2\.7\.0 /)
    expect(smtp.security.of('authFailed')).toMatchObject([{ event: { reason: 'not_over_tls' } }])
  })

  it('takes PLAIN and LOGIN, in one step or more', async () => {
    const plain = await smtp.session('submissions')
    expect(await plain.ask('AUTH PLAIN')).toMatch(/^334/)
    expect(await plain.ask(good)).toMatch(/^235/)
    const login = await smtp.session('submissions')
    await login.ask('AUTH LOGIN')
    await login.ask(Buffer.from('Me@Example.test').toString('base64'))
    expect(await login.ask(Buffer.from(password).toString('base64'))).toMatch(/^235/)
    expect(smtp.security.of('authSucceeded')).toMatchObject([
      { event: { mechanism: 'PLAIN' } },
      { event: { mechanism: 'LOGIN', user: 'me@example.test' } },
    ])
  })

  it('takes the local part alone, and tells one that is nearly an account apart', async () => {
    const client = await smtp.session('submissions')
    expect(await client.ask(`AUTH PLAIN ${plainToken('me@other.test', password)}`)).toMatch(/^535 /)
    expect(await client.ask(`AUTH PLAIN ${plainToken('me', password)}`)).toMatch(/^235 /)
    expect(smtp.security.of('authFailed')).toMatchObject([{ event: { reason: 'incomplete_user' } }])
  })

  it.each([
    ['a wrong password', plainToken('me@example.test', 'wrong'), 'bad_password'],
    ['an unknown user', plainToken('nobody@example.test', password), 'unknown_user'],
    ['a user that is no address', plainToken('\u0000root'.slice(1), password), 'unknown_user'],
    [
      'the right to act for another',
      plainToken('me@example.test', password, 'boss@example.test'),
      'malformed',
    ],
  ])('refuses %s with the same words and logs the reason', async (_name, token, reason) => {
    const client = await smtp.session('submissions')
    expect(await client.ask(`AUTH PLAIN ${token}`)).toBe(
      '535 5.7.8 Authentication credentials invalid',
    )
    expect(smtp.security.of('authFailed')).toMatchObject([
      { context: { listener: 'submissions', isTls: true }, event: { reason } },
    ])
  })

  it('tells passwords apart in the log without telling them', async () => {
    const client = await smtp.session('submissions')
    for (const guess of ['one', 'two'])
      await client.ask(`AUTH PLAIN ${plainToken('me@example.test', guess)}`)
    expect(smtp.security.of('authFailed')).toMatchObject([
      { event: { fingerprint: 'fingerprint of one' } },
      { event: { fingerprint: 'fingerprint of two' } },
    ])
  })

  it('ends the session at the third failure', async () => {
    const client = await smtp.session('submissions')
    const wrong = plainToken('me@example.test', 'wrong')
    expect(await client.ask(`AUTH PLAIN ${wrong}`)).toMatch(/^535/)
    expect(await client.ask(`AUTH PLAIN ${wrong}`)).toMatch(/^535/)
    expect(await client.ask(`AUTH PLAIN ${wrong}`)).toMatch(/^421/)
    await client.closed()
    expect(smtp.security.of('authFailed')).toHaveLength(3)
  })

  it.each(['AUTH PLAIN !!!', 'AUTH PLAIN AAAA BBBB', 'AUTH', 'AUTH NTLM', 'AUTH PLAIN ='])(
    'survives %j',
    async (line) => {
      const client = await smtp.session('submissions')
      expect(await client.ask(line)).toMatch(/^5/)
      expect(await client.ask(`AUTH PLAIN ${good}`)).toMatch(/^235/)
    },
  )
})

/** A user who has sent a message with this header, and waits for the reply. */
async function sent(header: string, parameters = ''): Promise<{ readonly client: LineClient }> {
  const client = await smtp.user()
  await client.ask(`MAIL FROM:<me@example.test>${parameters}`)
  await client.ask('RCPT TO:<you@example.net>')
  await client.ask('DATA')
  client.send(`${header}\r\n\r\nBcc: in the body\r\n.\r\n`)
  return { client }
}

describe('sending', () => {
  it('wants a login first', async () => {
    const client = await smtp.session('submissions')
    expect(await client.ask('MAIL FROM:<me@example.test>')).toMatch(
      /^530 5\.7\.0 Authentication required/,
    )
  })

  it('passes the message on with its envelope, and adds what a client forgot', async () => {
    const client = await smtp.user()
    expect(await client.ask('MAIL FROM:<me+x@example.test> RET=FULL ENVID=abc')).toMatch(/^250/)
    expect(
      await client.ask(
        'RCPT TO:<you@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;you@example.net',
      ),
    ).toMatch(/^250/)
    await client.ask('DATA')
    expect(await client.ask('From: Me <me@example.test>\r\nSubject: x\r\n\r\nbody\r\n.')).toMatch(
      /^250 2\.6\.0 /,
    )
    const [message] = smtp.submitted
    expect(message).toMatchObject({
      accountId: 'a1',
      reversePath: 'me+x@example.test',
      envelopeId: 'abc',
      dsnReturn: 'full',
      recipients: [
        {
          address: 'you@example.net',
          notify: ['success', 'failure'],
          originalRecipient: 'rfc822;you@example.net',
        },
      ],
    })
    const text = Buffer.from(message?.content ?? '').toString()
    expect(text).toMatch(
      /^Return-Path: <me\+x@example\.test>\r\nReceived: from client\.example [^]*with ESMTPSA id[^]*\r\nDate: [^\r]+\r\nMessage-ID: <[^>\r]+@mx\.example\.test>\r\nFrom: Me/,
    )
    expect(text.endsWith('\r\n\r\nbody\r\n')).toBe(true)
  })

  it.each(['MAIL FROM:<you@example.test>', 'MAIL FROM:<me@example.net>'])(
    'refuses the sender of %s',
    async (line) => {
      const client = await smtp.user()
      expect(await client.ask(line)).toMatch(/^550 5\.7\.1 Sender/)
    },
  )

  it('reports an account that sends to many, wherever the messages are split', async () => {
    const client = await smtp.user()
    for (const count of [2, 2, 2]) {
      await client.ask('MAIL FROM:<me@example.test>')
      for (let to = 0; to < count; to += 1) await client.ask(`RCPT TO:<n${to}@example.net>`)
      await client.ask('DATA')
      await client.ask('From: me@example.test\r\n\r\nx\r\n.')
    }
    expect(smtp.security.of('outboundBurst')).toMatchObject([
      { context: { ip: '127.0.0.1' }, event: { user: 'me@example.test', recipients: 6 } },
    ])
  })

  it('lets a read receipt out, which nobody answers', async () => {
    const client = await smtp.user()
    expect(await client.ask('MAIL FROM:<>')).toMatch(/^250 /)
    for (let to = 0; to < 6; to += 1) await client.ask(`RCPT TO:<n${to}@example.net>`)
    await client.ask('DATA')
    expect(await client.ask('From: me@example.test\r\n\r\nread\r\n.')).toMatch(/^250 /)
    expect(smtp.submitted).toMatchObject([{ accountId: 'a1', reversePath: '' }])
    expect(smtp.security.of('outboundBurst')).toHaveLength(1)
    await client.ask('MAIL FROM:<>')
    await client.ask('RCPT TO:<you@example.net>')
    await client.ask('DATA')
    expect(await client.ask('From: boss@example.test\r\n\r\nread\r\n.')).toMatch(/^550 5\.7\.1/)
  })

  it('wants a login for the null sender too', async () => {
    const client = await smtp.session('submissions')
    expect(await client.ask('MAIL FROM:<>')).toMatch(/^530 /)
  })

  it('keeps the spelling of addresses elsewhere, and knows one by both spellings', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<Me+Token@Example.test> SMTPUTF8')
    const written = [
      'Confirm+AbC@XN--Bcher-kva.example',
      '"A b"@example.net',
      'a..b@example.net',
      'Me@example.test',
      '"confirm+abc"@b\u00fccher.example',
    ]
    for (const address of written) await client.ask(`RCPT TO:<${address}>`)
    await client.ask('DATA')
    expect(await client.ask('From: me@example.test\r\n\r\nx\r\n.')).toMatch(/^250 /)
    const [message] = smtp.submitted
    expect(message?.reversePath).toBe('Me+Token@example.test')
    expect(message?.recipients.map(({ address }) => address)).toEqual([
      '"confirm+abc"@xn--bcher-kva.example',
      '"A b"@example.net',
      'a..b@example.net',
      'me@example.test',
    ])
  })

  it('takes what printers and scripts say', async () => {
    const client = await smtp.user()
    expect(await client.ask('EHLO HP LaserJet_400 (room\t1)')).toMatch(/^250/)
    expect(await client.ask('MAIL FROM: me@example.test')).toMatch(/^250/)
    expect(await client.ask('RCPT TO: <you@example.net>')).toMatch(/^250/)
    await client.ask('DATA')
    expect(await client.ask('From: me@example.test\r\n\r\nx\r\n.')).toMatch(/^250 /)
    expect(Buffer.from(smtp.submitted[0]?.content ?? '').toString()).toContain(
      'Received: from hp-laserjet_400-?room-1? ([127.0.0.1])',
    )
  })

  it('takes postmaster without a domain, which was no address to it', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<me@example.test>')
    expect(await client.ask('RCPT TO:<Postmaster>')).toMatch(/^250 /)
  })

  it('takes A-labels without SMTPUTF8, and nothing beyond ASCII', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<me@example.test>')
    expect(await client.ask('RCPT TO:<a@xn--bcher-kva.example>')).toMatch(/^250 /)
    expect(await client.ask('RCPT TO:<a@b\u00fccher.example>')).toMatch(/^553 5\.6\.7 /)
  })

  it.each([
    ['From: boss@example.test', '550 5.7.1 From header has an address that is not one of yours'],
    ['From: me@example.test, boss@example.test\r\nSender: me@example.test', '550 5.7.1 From'],
    ['From: me@example.test\r\nFrom: boss@example.test', '550 5.6.0 From header is there more'],
    ['From: me@example.test boss@example.test', '550 5.6.0 From header is no list of mailboxes'],
    ['From: boss@example.test <me@example.test>', '550 5.6.0 From header is no list of mailboxes'],
    ['From: Friends: me@example.test;', '550 5.6.0 From header has a group'],
    ['From: me@example.test\r\nSender: boss@example.test', '550 5.7.1 Sender header has'],
    ['From: "M\0e" <me@example.test>', '550 5.6.0 The header has a line'],
    ['From: M\u00e9 <me@example.test>', '550 5.6.7 From header has 8-bit characters'],
    ['Resent-From: me@example.test\r\nSubject: no From', '550 5.6.0 From header is missing'],
    ['no field\r\nFrom: me@example.test', '550 5.6.0 The header has a line that is no field'],
    [`${'X: y\r\n'.repeat(20_000)}From: boss@example.test`, '550 5.6.0 The header is larger'],
    ['Resent-From: boss@example.test\r\nFrom: me@example.test', '550 5.7.1 Resent-From header'],
    ['From: me@example.test\r\n\r\nN\0L', '554 5.6.0 NUL in message'],
  ])('refuses the header %.60j', async (header, reply) => {
    const { client } = await sent(header)
    expect((await client.reply()).startsWith(reply)).toBe(true)
    expect(smtp.submitted).toEqual([])
  })

  it.each([
    [
      'a bounce of mutt',
      'Resent-From: me@example.test\r\nResent-To: you@example.net\r\nFrom: boss@victim.example',
    ],
    ['a name that looks like an address', 'From: "boss@victim.example" <me@example.test>'],
    ['a header in UTF-8 when it is announced', 'From: M\u00e9 <me@example.test>', ' SMTPUTF8'],
  ])('takes %s', async (_name, header, parameters = '') => {
    const { client } = await sent(header, parameters)
    expect(await client.reply()).toMatch(/^250 /)
  })

  // RFC 6409 section 8: printers and scripts know no better.
  it.each([
    ['no From', 'Subject: x\r\n\r\nbody'],
    ['no header', 'hi\r\nResult: good\r\n\r\nBcc: in the body'],
    ['nothing in its header', '\r\nbody'],
    ['a folded line to begin with', ' hi\r\nSubject: x'],
    ['nothing at all', ''],
  ])('completes a message with %s', async (_name, written) => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<me+printer@example.test>')
    await client.ask('RCPT TO:<you@example.net>')
    await client.ask('DATA')
    const message = written === '' ? '' : `${written}\r\n`
    expect(await client.ask(`${message}.`)).toMatch(/^250 /)
    const text = Buffer.from(smtp.submitted[0]?.content ?? '').toString()
    expect(text).toMatch(
      /\r\nFrom: me\+printer@example\.test\r\nDate: [^\r]+\r\nMessage-ID: <[^\r]+>\r\n/,
    )
    const hasHeader = /^(?:\r\n|Subject)/.test(message) || message === ''
    expect(text.endsWith(`>\r\n${hasHeader ? '' : '\r\n'}${message}`)).toBe(true)
  })

  it('says what is missing where the sender tells nobody', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<>')
    await client.ask('RCPT TO:<you@example.net>')
    await client.ask('DATA')
    expect(await client.ask('Subject: x\r\n\r\nbody\r\n.')).toMatch(
      /^550 5\.6\.0 From header is missing/,
    )
  })

  it('lets no blind copies, traces and results leave that are not for others, or not true', async () => {
    const kept =
      'Authentication-Results: other.example; spf=pass\r\nFrom: me@example.test\r\nX-Bcc: x\r\n'
    const { client } = await sent(
      'Bcc: secret@example.net,\r\n other@example.net\r\nResent-From: me@example.test\r\nRESENT-BCC: secret@example.net\r\n' +
        'Return-Path: <x@example.net>\r\nDelivered-To: x@example.net\r\nContent-Length: 5\r\n' +
        `Authentication-Results: (x) MX.example.test; dkim=pass\r\n${kept}X-Last: x`,
    )
    expect(await client.reply()).toMatch(/^250 /)
    const text = Buffer.from(smtp.submitted[0]?.content ?? '').toString()
    expect(text).not.toMatch(/secret|other@|Delivered-To|Content-Length|dkim=pass/)
    expect(text.match(/^Return-Path: .*/gm)).toEqual(['Return-Path: <me@example.test>'])
    expect(text.endsWith(`\r\n${kept}X-Last: x\r\n\r\nBcc: in the body\r\n`)).toBe(true)
  })

  it('tells of a local recipient that does not exist', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<me@example.test>')
    expect(await client.ask('RCPT TO:<nobody@example.test>')).toMatch(/^550 5\.1\.1/)
    expect(smtp.security.of('unknownRecipient')).toEqual([])
  })

  it('keeps the login through RSET and loses it to nobody else', async () => {
    const client = await smtp.user()
    await client.ask('RSET')
    expect(await client.ask('MAIL FROM:<me@example.test>')).toMatch(/^250/)
    expect(await (await smtp.session('submissions')).ask('MAIL FROM:<me@example.test>')).toMatch(
      /^530/,
    )
  })
})
