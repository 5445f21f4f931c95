import { afterEach, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
afterEach(() => smtp[Symbol.asyncDispose]())

it.each([
  ['NOOP', 'NOOP\r\n'],
  ['RSET', 'RSET\r\n'],
  ['EHLO', 'EHLO client.example\r\n'],
  ['HELP', 'HELP\r\n'],
  ['VRFY', 'VRFY me\r\n'],
  ['MAIL and RSET', 'MAIL FROM:<a@example.org>\r\nRSET\r\n'],
  ['MAIL, RCPT and RSET', 'MAIL FROM:<a@example.org>\r\nRCPT TO:<me@example.test>\r\nRSET\r\n'],
])('a session of %s without end is ended, and seen', async (_name, lines) => {
  smtp = await SmtpFixture.open()
  const client = await smtp.session('mx')
  client.send(lines.repeat(101))
  const replies = await client.until(/^421 /)
  expect(replies.at(-1)).toMatch(/^421 4\.7\.0 Too many commands/)
  await client.closed()
  expect(smtp.security.of('protocolAbuse')).toMatchObject([{ event: { kind: 'idle_commands' } }])
})

it.each([
  ['a login that is broken off', 'AUTH LOGIN\r\n*\r\n'],
  ['LOGIN and PLAIN in turns', 'AUTH PLAIN\r\n*\r\nAUTH LOGIN\r\n*\r\n'],
])('a session of %s is ended, and seen', async (_name, lines) => {
  smtp = await SmtpFixture.open()
  const client = await smtp.session('submissions')
  client.send(lines.repeat(101))
  await client.until(/^421 4\.7\.0 Too many commands/)
  expect(smtp.security.of('protocolAbuse').at(-1)).toMatchObject({
    event: { kind: 'idle_commands' },
  })
})

it('a connection that is kept for many mails is not, nor one with a hundred recipients', async () => {
  smtp = await SmtpFixture.open({ maxIdleCommands: 8 })
  const client = await smtp.session('mx')
  const recipients = Array.from({ length: 100 }, (_, to) => `RCPT TO:<me+${to}@example.test>\r\n`)
  for (let count = 0; count < 20; count += 1) {
    client.send(`RSET\r\nNOOP\r\nMAIL FROM:<a@example.org>\r\n${recipients.join('')}DATA\r\n`)
    await client.until(/^354 /)
    expect(await client.ask('x\r\n.')).toMatch(/^250 2\.6\.0 /)
  }
  expect(smtp.security.events).toEqual([])
})
