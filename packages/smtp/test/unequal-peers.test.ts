import { randomBytes } from 'node:crypto'

import { ScriptedSmtpServer } from '@gatepost/testkit'
import { describe, expect, it } from 'vitest'

import { sendMessage, type OutgoingMessage, type SendResult } from '../src/index.ts'

const ascii = 'From: me@example.test\r\nSubject: x\r\n\r\nx\r\n'
const eightBit = 'From: me@example.test\r\nSubject: x\r\n\r\nGr\u00fc\u00dfe\r\n'
const utf8Header = 'From: me@example.test\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nx\r\n'

/** A server with these extensions. */
function peer(...extensions: readonly string[]): Promise<ScriptedSmtpServer> {
  const lines = ['sink.example', ...extensions]
  const ehlo = lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`)
  return ScriptedSmtpServer.listen({
    reply: (command) => (command.startsWith('EHLO') ? ehlo.join('\r\n') : undefined),
  })
}

function send(
  server: ScriptedSmtpServer,
  content: string | Buffer,
  more: Partial<OutgoingMessage> & { readonly to?: readonly string[] } = {},
): Promise<SendResult> {
  const { to = ['you@example.org'], ...rest } = more
  return sendMessage(
    { host: '127.0.0.1', port: server.port },
    {
      content: Buffer.from(content),
      reversePath: 'me@example.test',
      recipients: to.map((address) => ({ address, notify: [], originalRecipient: null })),
      envelopeId: null,
      dsnReturn: 'headers',
      isTlsRequired: false,
      ...rest,
    },
    {
      hostname: 'mail.example.test',
      connectMs: 50_000,
      totalMs: 50_000,
      signal: new AbortController().signal,
    },
  )
}

function repliesIn(result: SendResult): string[] {
  if (result.kind !== 'answered') throw new Error(result.detail)
  return result.recipients.map(({ reply }) => reply.slice(0, 9))
}

function mailLine({ commands }: ScriptedSmtpServer): string | undefined {
  return commands.find((command) => command.startsWith('MAIL'))
}

describe('a server without SMTPUTF8', () => {
  it('is not asked for a recipient beyond ASCII, and gets the mail for the others', async () => {
    await using server = await peer('8BITMIME')
    const to = ['you@example.org', 'j\u00f6rg@example.org']
    expect(repliesIn(await send(server, ascii, { to }))).toEqual(['250 2.0.0', '553 5.6.7'])
    expect(server.messages).toMatchObject([{ to: ['you@example.org'] }])
  })

  it.each([
    ['a sender beyond ASCII', ascii, { reversePath: 'j\u00f6rg@example.test' }],
    ['UTF-8 in a header field', utf8Header, {}],
  ])('is not asked for %s', async (_name, content, more) => {
    await using server = await peer('8BITMIME')
    expect(repliesIn(await send(server, content, more))).toEqual(['553 5.6.7'])
    expect(mailLine(server)).toBeUndefined()
  })
})

it('SMTPUTF8 is asked for where an address or a header field needs it, and only there', async () => {
  await using server = await peer('8BITMIME', 'SMTPUTF8')
  await send(server, utf8Header)
  expect(mailLine(server)).toBe('MAIL FROM:<me@example.test> BODY=8BITMIME SMTPUTF8')
  server.commands.length = 0
  await send(server, ascii, { to: ['j\u00f6rg@example.org'] })
  expect(mailLine(server)).toBe('MAIL FROM:<me@example.test> SMTPUTF8')
  server.commands.length = 0
  await send(server, eightBit)
  expect(mailLine(server)).toBe('MAIL FROM:<me@example.test> BODY=8BITMIME')
  server.commands.length = 0
  await send(server, ascii)
  expect(mailLine(server)).toBe('MAIL FROM:<me@example.test>')
})

describe('a server without 8BITMIME', () => {
  it('gets a text of 8 bits as quoted-printable', async () => {
    await using server = await peer()
    expect(repliesIn(await send(server, eightBit))).toEqual(['250 2.0.0'])
    expect(mailLine(server)).toBe('MAIL FROM:<me@example.test>')
    expect(server.messages[0]?.content).toContain('\r\n\r\nGr=C3=BC=C3=9Fe\r\n')
  })

  it('gets no signed message of 8 bits', async () => {
    await using server = await peer()
    const signed =
      'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\u00e9\r\n--b\r\n\r\ns\r\n--b--\r\n'
    expect(repliesIn(await send(server, signed))).toEqual(['554 5.6.2'])
  })

  it('gets a large one, which is converted beside the event loop', async () => {
    await using server = await peer()
    const octets = randomBytes(400_000)
    const head = Buffer.from(
      'Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n',
    )
    expect(repliesIn(await send(server, Buffer.concat([head, octets])))).toEqual(['250 2.0.0'])
    const [, body = ''] = server.messages[0]?.content.split('\r\n\r\n') ?? []
    expect(Buffer.from(body, 'base64').equals(octets)).toBe(true)
  }, 60_000)
})

it('lines that are too long are made legal for every server', async () => {
  await using server = await peer('8BITMIME')
  const line = 'word '.repeat(400)
  await send(server, `Subject: ${line}\r\n\r\n${line}\r\n`)
  const { content = '' } = server.messages[0] ?? {}
  expect(Math.max(...content.split('\r\n').map(({ length }) => length))).toBeLessThan(100)
})

it('a message over the size that a server has announced is refused at once, not tried for days', async () => {
  await using server = await peer('SIZE 1000')
  expect(repliesIn(await send(server, `\r\n${'x\r\n'.repeat(400)}`))).toEqual(['552 5.3.4'])
  expect(repliesIn(await send(server, ascii))).toEqual(['250 2.0.0'])
})

it('an address that cannot be written between angle brackets is refused for good', async () => {
  await using server = await peer()
  expect(repliesIn(await send(server, ascii, { to: ['"a>b"@example.org'] }))).toEqual(['553 5.1.3'])
})

it('a reply of several lines keeps them, in ASCII', async () => {
  const reply = '550-5.1.1 The account\r\n550-5.1.1 of J\u00f6rg\r\n550 5.1.1 is gone'
  await using server = await ScriptedSmtpServer.listen({
    reply: (command) => (command.startsWith('RCPT') ? reply : undefined),
  })
  const result = await send(server, ascii)
  if (result.kind !== 'answered') throw new Error(result.detail)
  expect(result.recipients[0]?.reply).toMatch(
    /^550-5\.1\.1 The account\n550-5\.1\.1 of J\?+rg\n550 5\.1\.1 is gone$/,
  )
})
