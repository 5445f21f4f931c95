import { beginData } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
beforeEach(async () => {
  smtp = await SmtpFixture.open()
})
afterEach(() => smtp[Symbol.asyncDispose]())

const full = [{ bytes: 1000 }, { bytes: 1000 }] as const

describe('a full mailbox', () => {
  it('is told at RCPT, whoever the sender says he is, and others get the mail', async () => {
    smtp.limit('a2', ...full)
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<victim@example.org>')
    expect(await client.ask('RCPT TO:<me@example.test>')).toMatch(/^250 /)
    expect(await client.ask('RCPT TO:<you@example.test>')).toBe(
      '452 4.2.2 Mailbox full, try again later',
    )
    await client.ask('DATA')
    expect(await client.ask('x\r\n.')).toMatch(/^250 /)
    expect(smtp.received).toMatchObject([{ recipients: ['me@example.test'] }])
    expect(smtp.security.events).toEqual([])
    expect(smtp.told).toEqual(['delivered 127.0.0.1'])
  })

  it('counts the size that was declared, the mails, and every account of an alias', async () => {
    smtp.limit('a1', { bytes: 5000 }, { bytes: 4000 })
    smtp.limit('a2', { emails: 3 }, { emails: 3 })
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org> SIZE=1001')
    expect(await client.ask('RCPT TO:<me@example.test>')).toMatch(/^452 4\.2\.2 /)
    await client.ask('RSET')
    await client.ask('MAIL FROM:<a@example.org> SIZE=1000')
    expect(await client.ask('RCPT TO:<me@example.test>')).toMatch(/^250 /)
    expect(await client.ask('RCPT TO:<both@example.test>')).toMatch(/^452 4\.2\.2 /)
    await client.ask('RSET')
    await client.ask('MAIL FROM:<a@example.org> SIZE=5001')
    expect(await client.ask('RCPT TO:<me@example.test>')).toMatch(/^552 5\.2\.3 /)
  })

  it('that fills between RCPT and DATA keeps the mail from all, for now', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<victim@example.org>')
    await client.ask('RCPT TO:<me@example.test>')
    await client.ask('RCPT TO:<you@example.test>')
    await client.ask('DATA')
    smtp.limit('a2', ...full)
    expect(await client.ask('x\r\n.')).toMatch(/^452 4\.2\.2 /)
    expect(smtp.received).toEqual([])
  })

  it('that the store finds full is told the same way', async () => {
    smtp.answer = async () => ({ kind: 'refused', reason: 'overQuota', address: 'me@example.test' })
    const client = await smtp.session('mx')
    await beginData(client)
    expect(await client.ask('x\r\n.')).toMatch(/^452 4\.2\.2 /)
  })

  it('with a hundred mails waiting ends no session, and nobody is suspected', async () => {
    smtp.limit('a2', ...full)
    const client = await smtp.session('mx')
    client.send('MAIL FROM:<a@example.org>\r\nRCPT TO:<you@example.test>\r\nRSET\r\n'.repeat(200))
    for (let count = 0; count < 200; count += 1) await client.until(/^250 .*Flushed/)
    expect(smtp.security.events).toEqual([])
  })
})

describe('postmaster and abuse', () => {
  it.each([
    'postmaster',
    'POSTMASTER@example.test',
    'abuse@example.test',
    'abuse+x@Example.Test',
    'postmaster@mx.example.test',
    'Abuse+x@MX.Example.Test',
  ])('reach the administrator: %s', async (address) => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<>')
    expect(await client.ask(`RCPT TO:<${address}>`)).toMatch(/^250 /)
    await client.ask('DATA')
    expect(await client.ask('x\r\n.')).toMatch(/^250 /)
    expect(smtp.received).toMatchObject([{ recipients: ['me@example.test'] }])
    expect(smtp.security.events).toEqual([])
  })

  it('are the only addresses at the name of the server', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<>')
    expect(await client.ask('RCPT TO:<me@mx.example.test>')).toMatch(/^550 /)
    expect(await client.ask('RCPT TO:<postmaster@other.example>')).toMatch(/^550 /)
    expect(smtp.security.of('relayDenied')).toHaveLength(2)
  })

  it('reach who has the address, and when that mailbox is full the administrator', async () => {
    smtp.aliases.set('abuse@example.test', ['a2'] as never)
    const deliver = async (): Promise<unknown> => {
      const client = await smtp.session('mx')
      await beginData(client, '', 'abuse@example.test')
      await client.ask('x\r\n.')
      return smtp.received.at(-1)?.recipients
    }
    expect(await deliver()).toEqual(['abuse@example.test'])
    smtp.limit('a2', ...full)
    expect(await deliver()).toEqual(['me@example.test'])
    smtp.limit('a1', ...full)
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<>')
    expect(await client.ask('RCPT TO:<abuse@example.test>')).toMatch(/^452 4\.2\.2 /)
  })

  it('are asked to come back while nobody is here, and are never unknown', async () => {
    smtp.accounts.clear()
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    for (let count = 0; count < 20; count += 1)
      expect(await client.ask('RCPT TO:<postmaster>')).toMatch(/^450 4\.3\.5 /)
    expect(smtp.security.events).toEqual([])
    expect(smtp.told).toEqual([])
  })

  it('of other domains are relaying as ever', async () => {
    const client = await smtp.session('mx')
    await client.ask('MAIL FROM:<a@example.org>')
    expect(await client.ask('RCPT TO:<abuse@example.net>')).toMatch(/^550 5\.7\.1 /)
  })

  it('are reached by our own users too', async () => {
    const client = await smtp.user()
    await client.ask('MAIL FROM:<me@example.test>')
    expect(await client.ask('RCPT TO:<abuse@example.test>')).toMatch(/^250 /)
    await client.ask('DATA')
    expect(await client.ask('From: me@example.test\r\n\r\nx\r\n.')).toMatch(/^250 /)
    expect(smtp.submitted[0]?.recipients).toMatchObject([{ address: 'me@example.test' }])
  })
})
