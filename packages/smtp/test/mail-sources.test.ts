import { beginData, type LineClient } from '@gatepost/testkit'
import { afterEach, describe, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

const provider = { localAddress: '127.0.0.2' }
let smtp: SmtpFixture
afterEach(() => smtp[Symbol.asyncDispose]())

async function deliver(client: LineClient, text = 'x'): Promise<string> {
  await beginData(client, 'me@example.test')
  return client.ask(`${text}\r\n.`)
}

/** A client that has sent good mail. */
async function knownProvider(): Promise<LineClient> {
  const client = await smtp.session('mx', provider)
  for (let count = 0; count < 20; count += 1) expect(await deliver(client)).toMatch(/^250 /)
  return client
}

describe('what a source did is told', () => {
  it('good mail from others is, mail of our users is not', async () => {
    smtp = await SmtpFixture.open()
    await deliver(await smtp.session('mx', provider))
    const user = await smtp.user()
    expect(await deliver(user, 'From: me@example.test\r\n\r\nx')).toMatch(/^250 /)
    expect(smtp.told).toEqual(['delivered 127.0.0.2'])
  })

  it('mail to a role, which takes what everybody brings, is nothing good', async () => {
    smtp = await SmtpFixture.open()
    const client = await smtp.session('mx', provider)
    for (const recipient of ['postmaster', 'abuse@example.test', 'PostMaster@example.test']) {
      await client.ask('MAIL FROM:<a@example.org>')
      expect(await client.ask(`RCPT TO:<${recipient}>`)).toMatch(/^250 /)
      await client.ask('DATA')
      expect(await client.ask('x\r\n.')).toMatch(/^250 /)
    }
    expect(smtp.told).toEqual([])
    await deliver(client)
    expect(smtp.told).toEqual(['delivered 127.0.0.2'])
  })

  it('good mail is, behind a transaction to a role that was given up', async () => {
    smtp = await SmtpFixture.open()
    const client = await smtp.session('mx', provider)
    await client.ask('MAIL FROM:<a@example.org>')
    await client.ask('RCPT TO:<postmaster>')
    await client.ask('RSET')
    await deliver(client)
    expect(smtp.told).toEqual(['delivered 127.0.0.2'])
  })

  it.each(['nobody@example.test', 'trap@example.test', 'x@example.net'])(
    'a recipient that is refused is: %s',
    async (recipient) => {
      smtp = await SmtpFixture.open()
      const client = await smtp.session('mx', provider)
      await client.ask('MAIL FROM:<a@example.org>')
      expect(await client.ask(`RCPT TO:<${recipient}>`)).toMatch(/^550 /)
      expect(smtp.told).toEqual(['offended 127.0.0.2'])
    },
  )

  it.each([
    ['a bare line ending', 'a\nhelo there\nb'],
    ['a smuggled mail', 'a\n.\nMAIL FROM:<evil@example.org>'],
  ])('%s is', async (_name, text) => {
    smtp = await SmtpFixture.open()
    expect(await deliver(await smtp.session('mx', provider), text)).toMatch(/^550 5\.6\.11 /)
    expect(smtp.told).toEqual(['offended 127.0.0.2'])
  })
})

describe('a ban on the MX', () => {
  it('is 421 before the greeting for a source of good mail, 554 for others', async () => {
    smtp = await SmtpFixture.open()
    const open = await knownProvider()
    smtp.filter.ban('127.0.0.2')
    smtp.filter.ban('127.0.0.3')
    expect(await open.reply()).toMatch(/^421 4\.7\.0 /)
    const again = smtp.client('mx', provider)
    expect(await again.reply()).toBe(
      '421 4.7.1 Connection refused: your address is blocked for now, try again later',
    )
    const stranger = smtp.client('mx', { localAddress: '127.0.0.3' })
    expect(await stranger.reply()).toBe('554 5.7.1 Connection refused: your address is blocked')
  })

  it('is 450 at the greeting of a source of good mail', async () => {
    smtp = await SmtpFixture.open({}, { ban: 'refuse_at_hello' })
    await knownProvider()
    smtp.filter.ban('127.0.0.2')
    const again = smtp.client('mx', provider)
    expect(await again.reply()).toMatch(/^220 /)
    expect(await again.ask('EHLO client.example')).toMatch(/^450 4\.7\.1 .*try again later/)
    await again.closed()
  })
})

it('a text with bare line feeds that greets is no smuggling', async () => {
  smtp = await SmtpFixture.open()
  const client = await smtp.session('mx', provider)
  expect(await deliver(client, 'Subject: x\n\nhello\nhelo there\n')).toMatch(/^550 5\.6\.11 /)
  expect(smtp.security.of('protocolAbuse')).toMatchObject([{ event: { kind: 'bare_line_ending' } }])
})

it('the owner of a blocked account is not told that his address is', async () => {
  smtp = await SmtpFixture.open()
  const user = await smtp.user()
  smtp.filter.decide('ban', 'me@example.test', 'username')
  expect(await user.reply()).toBe('421 4.7.0 Connection ended: your account is blocked for now')
  await user.closed()
})
