import { afterEach, beforeEach, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
beforeEach(async () => {
  // An hour: nobody here is ever greeted.
  smtp = await SmtpFixture.open({}, {}, 3_600_000)
})
afterEach(() => smtp[Symbol.asyncDispose]())

it.each([
  ['a command', 'EHLO early.example\r\n', 'early_talker', /^421 .*You talk too soon$/],
  ['several at once', 'EHLO x\r\nMAIL FROM:<a@b.example>\r\n', 'early_talker', /^421 /],
  ['half a command', 'EHLO early', 'early_talker', /^421 .*You talk too soon$/],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'http_on_mail_port', /^421 .*HTTP requests/],
  ['a bare line', 'EHLO early\n', 'early_talker', /^500 5\.5\.2 /],
])('%s before the greeting is the end, and is seen', async (_name, bytes, kind, answer) => {
  const client = smtp.client('mx', { localAddress: '127.0.0.2' })
  client.send(bytes)
  expect(await client.reply()).toMatch(answer)
  await client.closed()
  expect(smtp.security.of('protocolAbuse')).toMatchObject([
    { context: { ip: '127.0.0.2' }, event: { kind } },
  ])
})

it('TLS before the greeting has its own name', async () => {
  const client = smtp.client('mx', { localAddress: '127.0.0.2' })
  client.socket.write(Buffer.from('16030100f8010000f4', 'hex'))
  expect(await client.reply()).toMatch(/^500 5\.5\.1 /)
  await client.closed()
  expect(smtp.security.of('protocolAbuse')).toMatchObject([
    { event: { kind: 'tls_on_plain_port' } },
  ])
})

it('behind a proxy it is the client that is seen', async () => {
  const client = smtp.client('proxied', { localAddress: '127.0.0.9' })
  client.send('PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n')
  client.send('EHLO early.example\r\n')
  expect(await client.reply()).toMatch(/^421 /)
  expect(smtp.security.of('protocolAbuse')).toMatchObject([
    { context: { ip: '192.0.2.7' }, event: { kind: 'early_talker' } },
  ])
})
