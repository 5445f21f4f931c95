import { MailError, type IntakeResult } from '@gatepost/core'
import { beginData } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { password, plainToken, SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
beforeEach(async () => {
  smtp = await SmtpFixture.open({ maxMessageBytes: 1000, maxRecipients: 3 })
})
afterEach(() => smtp[Symbol.asyncDispose]())

const message = 'From: a@example.org\r\nSubject: hi\r\n\r\nbody \u00e9\r\n..dot\r\n'

describe('receiving', () => {
  it('delivers a message byte for byte behind its trace fields', async () => {
    const client = await smtp.session('mx')
    expect(await client.ask('MAIL FROM:<a@example.org> BODY=8BITMIME')).toMatch(/^250 2\.1\.0 /)
    expect(await client.ask('RCPT TO:<Me@Example.TEST>')).toMatch(/^250 2\.1\.5 /)
    expect(await client.ask('DATA')).toMatch(/^354 /)
    expect(await client.ask(`${message.replaceAll('\r\n.', '\r\n..')}.`)).toMatch(
      /^250 2\.6\.0 Delivered as /,
    )
    const [received] = smtp.received
    expect(received).toMatchObject({
      reversePath: 'a@example.org',
      recipients: ['me@example.test'],
    })
    const text = Buffer.from(received?.content ?? '').toString()
    expect(text.endsWith(`\r\n${message}`)).toBe(true)
    expect(text.slice(0, -message.length)).toMatch(
      /^Return-Path: <a@example\.org>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby mx\.example\.test \(Gatepost\) with ESMTP id \S+\r\n\tfor <me@example\.test>;\r\n\t[^\r]+ \+0000\r\n$/,
    )
  })

  it('takes out what only we may have written, and changes nothing else', async () => {
    await smtp[Symbol.asyncDispose]()
    smtp = await SmtpFixture.open()
    const client = await smtp.session('mx')
    await beginData(client)
    const before = 'DKIM-Signature: h=Authentication-Results:From;\r\n\tb=x\r\nreceived: by x\r\n'
    const after =
      'Authentication-Results: mx.example.test.evil.example; spf=pass\r\nBcc: me\r\nno field\r\nX: \0 \u00e9\r\n\r\nReturn-Path: <in@the.body>\r\n'
    const forged =
      'Return-Path: <boss@example.test>\r\nreturn-path : <>\r\nDelivered-To: x@example.test\r\n' +
      'Authentication-Results:\r\n (by) "mx.EXAMPLE.test" 1; dmarc=pass\r\n'
    expect(await client.ask(`${before}${forged}${after}.`)).toMatch(/^250 /)
    const text = Buffer.from(smtp.received[0]?.content ?? '').toString()
    expect(text.endsWith(`+0000\r\n${before}${after}`)).toBe(true)
    expect(text.match(/^return-path/gim)).toHaveLength(2)
  })

  it.each([
    ['fields', 'X: y\r\n'.repeat(6000)],
    ['folded lines', `X: y\r\n${` ${'y'.repeat(70)}\r\n`.repeat(8000)}`],
  ])('refuses a header of too many %s', async (_name, header) => {
    await smtp[Symbol.asyncDispose]()
    smtp = await SmtpFixture.open()
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask(`${header}\r\nx\r\n.`)).toMatch(/^552 5\.3\.4 Header/)
  })

  it('says 250 only when the intake has it on disk', async () => {
    const asked = Promise.withResolvers<void>()
    const stored = Promise.withResolvers<IntakeResult>()
    smtp.answer = () => {
      asked.resolve()
      return stored.promise
    }
    const client = await smtp.session('mx')
    await beginData(client, '')
    client.send('x\r\n.\r\nNOOP\r\n')
    // Another session is served meanwhile; this one has had no reply.
    expect(await (await smtp.session('mx')).ask('NOOP')).toMatch(/^250/)
    await asked.promise
    const before = client.socket.bytesRead
    stored.resolve({ kind: 'accepted', queueId: null })
    expect(await client.reply()).toMatch(/^250 2\.6\.0/)
    expect(client.socket.bytesRead).toBeGreaterThan(before)
  })

  it('takes mail for the postmaster without a domain', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<>')
    expect(await client.ask('RCPT TO:<Postmaster>')).toMatch(/^250/)
  })

  it('has no AUTH and no REQUIRETLS over TLS either, whatever the other doors have', async () => {
    const client = await smtp.session('mx')
    await client.ask('STARTTLS')
    await client.startTls()
    const features = await client.ask('EHLO client.example')
    expect(features).not.toMatch(/AUTH|REQUIRETLS/)
    const token = plainToken('me@example.test', password)
    expect(await client.ask(`AUTH PLAIN ${token}`)).toMatch(/^50[02] /)
    expect(smtp.security.of('authSucceeded')).toEqual([])
  })

  it('offers STARTTLS and no AUTH, and says so in the trace', async () => {
    const client = smtp.client('mx')
    expect(await client.reply()).toMatch(/^220 mx\.example\.test ESMTP/)
    const features = await client.ask('EHLO client.example')
    expect(features).toContain('250-STARTTLS')
    expect(features).toContain('SIZE 1000')
    expect(features).not.toContain('AUTH')
    expect(await client.ask('STARTTLS')).toMatch(/^220/)
    await client.startTls()
    expect(await client.ask('MAIL FROM:<a@example.org>')).toMatch(/^503/)
    expect(await client.ask('EHLO client.example')).not.toContain('STARTTLS')
    await beginData(client)
    expect(await client.ask('x: y\r\n\r\nz\r\n.')).toMatch(/^250/)
    expect(Buffer.from(smtp.received[0]?.content ?? '').toString()).toContain('with ESMTPS id')
  })
})

describe('refusing', () => {
  it.each([
    ['unknown recipients', 'RCPT TO:<nobody@example.test>', /^550 5\.1\.1 /, 'unknownRecipient'],
    ['relaying', 'RCPT TO:<x@example.net>', /^550 5\.7\.1 /, 'relayDenied'],
    [
      'relaying by the percent hack',
      'RCPT TO:<x%example.net@example.test>',
      /^550 5\.1\.1 /,
      'unknownRecipient',
    ],
  ] as const)('refuses %s and logs it', async (_name, line, reply, event) => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    expect(await client.ask(line)).toMatch(reply)
    expect(smtp.security.of(event)).toMatchObject([
      {
        context: { protocol: 'smtp', listener: 'mx', ip: '127.0.0.1' },
        event: { sender: 'a@example.org' },
      },
    ])
  })

  it.each([
    ['a space before the path', 'MAIL FROM: <a@example.org>', /^501 5\.5\.4/],
    ['a parameter never announced', 'MAIL FROM:<a@example.org> HOLDFOR=5', /^555 5\.5\.4/],
    ['a bad sender', 'MAIL FROM:<a@@example.org>', /^501 5\./],
    ['a sender that needs SMTPUTF8', 'MAIL FROM:<j\u00e9@example.org>', /^553 5\.6\.7/],
    ['more than it takes, told before', 'MAIL FROM:<a@example.org> SIZE=1001', /^552 5\.3\.4/],
  ])('refuses %s', async (_name, line, reply) => {
    const client = await smtp.session('mx')
    expect(await client.ask(line)).toMatch(reply)
  })

  it.each([
    'MAIL FROM:<user@xn--bcher-kva.example>',
    'MAIL FROM:<"a b"@b.example>',
    'MAIL FROM:<a..b@b.example>',
    'MAIL FROM:<a.@under_score.example>',
    'MAIL FROM:<@relay.example:a@b.example>',
    `MAIL FROM:<${'v'.repeat(240)}@example.org>`,
  ])('takes %s', async (line) => {
    const client = await smtp.session('mx')
    expect(await client.ask(line)).toMatch(/^250 2\.1\.0 /)
    expect(await client.ask('RCPT TO:<"m\\e"@Example.test>')).toMatch(/^250 2\.1\.5 /)
  })

  it.each(['MAIL FROM:a@example.org', 'EHLO HP LaserJet 400'])(
    'takes no %s, as the door for users does',
    async (line) => {
      const client = await smtp.session('mx')
      expect(await client.ask(line)).toMatch(/^501 /)
    },
  )

  it('keeps the spelling of a sender, whose host may know a token by it', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<"prvs=AbC"@B\u00fccher.example> SMTPUTF8')
    await client.ask('RCPT TO:<ME@Example.test>')
    await client.ask('DATA')
    await client.ask('x: y\r\n\r\nz\r\n.')
    const reversePath = '"prvs=AbC"@xn--bcher-kva.example'
    expect(smtp.received).toMatchObject([{ reversePath, recipients: ['me@example.test'] }])
    expect(Buffer.from(smtp.received[0]?.content ?? '').toString()).toContain(
      `Return-Path: <${reversePath}>\r\n`,
    )
  })

  it('takes a UTF-8 sender when it is announced', async () => {
    const client = await smtp.session('mx')
    expect(await client.ask('MAIL FROM:<j\u00e9@example.org> SMTPUTF8')).toMatch(/^250/)
  })

  it.each([
    ['a bare LF', 'a\nb\r\n', 'bare_line_ending'],
    ['a bare CR', 'a\rb\r\n', 'bare_line_ending'],
    ['LF dot CRLF', 'a\n.\r\nMAIL FROM:<evil@example.org>\r\n', 'smuggling_attempt'],
    ['LF dot LF', 'a\n.\nMAIL FROM:<evil@example.org>\r\n', 'smuggling_attempt'],
    ['CRLF dot LF', 'a\r\n.\nMAIL FROM:<evil@example.org>\r\n', 'smuggling_attempt'],
    ['CRLF dot CR', 'a\r\n.\rMAIL FROM:<evil@example.org>\r\n', 'smuggling_attempt'],
    ['CR dot CR', 'a\r.\rMAIL FROM:<evil@example.org>\r\n', 'smuggling_attempt'],
  ])(
    'refuses %s in a message and takes nothing behind it for a command',
    async (_name, body, kind) => {
      const client = await smtp.session('mx')
      await beginData(client)
      expect(await client.ask(`${body}.`)).toMatch(/^550 5\.6\.11 /)
      expect(await client.ask('NOOP')).toMatch(/^250/)
      expect(smtp.received).toEqual([])
      expect(smtp.security.of('protocolAbuse')).toMatchObject([{ event: { kind } }])
    },
  )

  it('refuses a message over the limit and goes on', async () => {
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask(`${'x'.repeat(70)}\r\n`.repeat(20) + '.')).toMatch(/^552 5\.3\.4 /)
    expect(await client.ask('NOOP')).toMatch(/^250/)
  })

  it('refuses a message that goes in circles', async () => {
    await smtp[Symbol.asyncDispose]()
    smtp = await SmtpFixture.open()
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask(`${'Received: x\r\n'.repeat(101)}\r\nx\r\n.`)).toMatch(/^554 5\.4\.6 /)
  })

  it('answers a temporary failure of the store with 451 and keeps nothing', async () => {
    smtp.answer = () => Promise.reject(new MailError('busy', 'store.busy', 'disk full'))
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask('x\r\n.')).toBe('451 4.3.0 Temporary local problem, try again')
  })
})

describe('limits', () => {
  it('takes at most so many recipients', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    for (const detail of ['1', '2', '3'])
      expect(await client.ask(`RCPT TO:<me+${detail}@example.test>`)).toMatch(/^250/)
    expect(await client.ask('RCPT TO:<me+4@example.test>')).toMatch(/^452 4\.5\.3/)
  })

  it('ends a session that tries one name after the other', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    for (let tries = 1; tries < 10; tries += 1)
      expect(await client.ask(`RCPT TO:<n${tries}@example.test>`)).toMatch(/^550 5\.1\.1/)
    expect(await client.ask('RCPT TO:<n10@example.test>')).toMatch(/^421 4\.7\.0/)
    await client.closed()
    expect(smtp.security.of('unknownRecipient')).toHaveLength(10)
    expect(smtp.security.of('protocolAbuse')).toMatchObject([
      { event: { kind: 'too_many_errors' } },
    ])
  })

  it('ends a session of nonsense', async () => {
    const client = await smtp.session('mx')
    for (let tries = 1; tries < 10; tries += 1) expect(await client.ask('XYZZY')).toMatch(/^500/)
    expect(await client.ask('XYZZY')).toMatch(/^421/)
    await client.closed()
    expect(smtp.security.of('protocolAbuse')).toHaveLength(1)
  })

  it('closes on a line without an end', async () => {
    const client = await smtp.session('mx')
    client.send('x'.repeat(100_000))
    expect(await client.reply()).toMatch(/^421/)
    await client.closed()
    expect(smtp.security.of('protocolAbuse')).toMatchObject([{ event: { kind: 'line_too_long' } }])
  })

  it('closes on lines that end with a bare LF', async () => {
    const client = smtp.client('mx')
    await client.reply()
    client.send('EHLO client.example\nMAIL FROM:<a@example.org>\n')
    expect(await client.reply()).toMatch(/^500 5\.5\.2/)
    await client.closed()
  })

  it('takes a CRLF that arrives in two pieces', async () => {
    const client = await smtp.session('mx')
    await new Promise<void>((resolve) => client.socket.write('NOOP\r', () => resolve()))
    client.send('\n')
    expect(await client.reply()).toMatch(/^250/)
  })

  it('has no talk with a web browser', async () => {
    const client = smtp.client('mx')
    await client.reply()
    expect(await client.ask('POST / HTTP/1.1')).toMatch(/^421/)
    await client.closed()
    expect(smtp.security.of('protocolAbuse')).toMatchObject([
      { event: { kind: 'http_on_mail_port' } },
    ])
  })

  it('bounds what all sessions together make it hold', async () => {
    await smtp[Symbol.asyncDispose]()
    smtp = await SmtpFixture.open({ maxBytesInFlight: 1000 })
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask(`${'x'.repeat(70)}\r\n`.repeat(20) + '.')).toMatch(/^452 4\.3\.1 /)
    await beginData(client)
    expect(await client.ask('small\r\n.')).toMatch(/^250/)
  })
})

describe('what an attacker looks for', () => {
  it.each(['VRFY', 'EXPN'] as const)('%s finds nothing, and is seen', async (command) => {
    const client = await smtp.session('mx')
    expect(await client.ask(`${command} root@example.test`)).toMatch(/^(?:252|502) /)
    expect(smtp.security.of('addressProbed')).toMatchObject([
      { event: { command, recipient: 'root@example.test' } },
    ])
  })

  it('an address that nobody was given is answered like any other, and seen', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    expect(await client.ask('RCPT TO:<Trap@example.test>')).toMatch(/^550 5\.1\.1 /)
    expect(smtp.security.of('trapRecipient')).toMatchObject([
      { event: { sender: 'a@example.org', recipient: 'Trap@example.test' } },
    ])
    expect(smtp.security.of('unknownRecipient')).toEqual([])
  })

  it.each([
    ['mx.example.test', 'own_name'],
    ['MX.example.test', 'own_name'],
    ['example.test', 'own_domain'],
    ['[127.0.0.1]', 'own_address'],
  ])('who calls himself %s is served, and seen once', async (helo, kind) => {
    const client = smtp.client('mx', { localAddress: '127.0.0.3' })
    await client.reply()
    for (const verb of ['EHLO', 'HELO', 'EHLO'])
      expect(await client.ask(`${verb} ${helo}`)).toMatch(/^250/)
    expect(smtp.security.of('heloSpoofed')).toMatchObject([{ event: { kind } }])
  })

  it.each([
    ['127.0.0.1', 'mx.example.test'],
    ['127.0.0.3', 'mail.example.org'],
    ['127.0.0.3', '[127.0.0.3]'],
    ['127.0.0.3', 'host.example.test'],
  ])('%s may call itself %s', async (localAddress, helo) => {
    const client = smtp.client('mx', { localAddress })
    await client.reply()
    expect(await client.ask(`EHLO ${helo}`)).toMatch(/^250/)
    expect(smtp.security.of('heloSpoofed')).toEqual([])
  })

  it('who speaks TLS at once gets an end, and is seen', async () => {
    const client = smtp.client('mx')
    await client.reply()
    client.socket.write(Buffer.from('16030100f8010000f4', 'hex'))
    expect(await client.reply()).toMatch(/^500 5\.5\.1 /)
    await client.closed()
    expect(smtp.security.of('protocolAbuse')).toMatchObject([
      { event: { kind: 'tls_on_plain_port' } },
    ])
  })

  it('who says nothing is seen when his time is over', async () => {
    await smtp[Symbol.asyncDispose]()
    smtp = await SmtpFixture.open({ idleMs: 50 })
    const client = smtp.client('mx')
    await client.reply()
    await client.closed()
    expect(smtp.security.of('slowClient')).toMatchObject([{ event: { kind: 'command' } }])
  })

  it('who speaks before the greeting gets an end, and is seen', async () => {
    const client = smtp.client('proxied', { localAddress: '127.0.0.9' })
    client.send('PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\nEHLO early.example\r\n')
    expect(await client.reply()).toMatch(/^421 .* You talk too soon$/)
    await client.closed()
    expect(smtp.security.of('protocolAbuse')).toMatchObject([
      { context: { ip: '192.0.2.7' }, event: { kind: 'early_talker' } },
    ])
  })
})

describe('STARTTLS', () => {
  it('throws away what came in plaintext behind the command and reports it', async () => {
    const client = await smtp.session('mx')
    client.send('STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n')
    expect(await client.reply()).toMatch(/^220/)
    await client.startTls()
    expect(await client.ask('RCPT TO:<me@example.test>')).toMatch(/^503/)
    expect(smtp.security.of('protocolAbuse')).toMatchObject([
      { event: { kind: 'starttls_injection' } },
    ])
  })
})

describe('CrowdSec', () => {
  it('refuses a banned address before the greeting', async () => {
    smtp.filter.ban('127.0.0.2')
    const client = smtp.client('mx', { localAddress: '127.0.0.2' })
    expect(await client.reply()).toBe('554 5.7.1 Connection refused: your address is blocked')
    await client.closed()
  })

  it('ends an open session, over TLS too', async () => {
    const plain = await smtp.session('mx', { localAddress: '127.0.0.2' })
    const secured = await smtp.session('submissions', { localAddress: '127.0.0.2' })
    const upgraded = await smtp.session('mx', { localAddress: '127.0.0.2' })
    await upgraded.ask('STARTTLS')
    await upgraded.startTls()
    await upgraded.ask('EHLO client.example')
    smtp.filter.ban('127.0.0.2')
    for (const client of [plain, secured, upgraded]) {
      expect(await client.reply()).toMatch(/^421 4\.7\.0 /)
      await client.closed()
    }
  })
})

it('finishes the message on its way when the server stops, then says 421', async () => {
  const client = await smtp.session('mx')
  await beginData(client)
  const idle = await smtp.session('mx')
  const stopped = smtp.stop()
  expect(await idle.reply()).toMatch(/^421 4\.3\.2/)
  expect(await client.ask('x\r\n.')).toMatch(/^250/)
  expect(await client.reply()).toMatch(/^421 4\.3\.2/)
  await client.closed()
  idle[Symbol.dispose]()
  client[Symbol.dispose]()
  await stopped
  expect(smtp.received).toHaveLength(1)
})

it('survives a client that resets at any moment, and makes nothing of it', async () => {
  const steps = [
    'EHLO x\r\n',
    'MAIL FROM:<a@example.org>\r\n',
    'RCPT TO:<me@example.test>\r\n',
    'DATA\r\n',
    'half a mess',
  ]
  for (let count = 0; count <= steps.length; count += 1) {
    const client = smtp.client('mx')
    for (const step of steps.slice(0, count)) {
      await client.reply()
      client.send(step)
    }
    client.socket.resetAndDestroy()
  }
  expect(await (await smtp.session('mx')).ask('NOOP')).toMatch(/^250/)
  await smtp.stop()
  expect(smtp.received).toEqual([])
  expect(smtp.warnings).toEqual([])
})
