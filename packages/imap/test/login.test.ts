import { ImapClient, LineClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ImapFixture, password, user } from './imap-fixture.ts'

let imap: ImapFixture
beforeAll(async () => {
  imap = await ImapFixture.open()
})
afterAll(() => imap[Symbol.asyncDispose]())

const plain = (text: string): string => Buffer.from(text).toString('base64')

describe('the greeting', () => {
  it('tells what a client needs for the login, and no version', async () => {
    using client = new ImapClient({ port: imap.ports.imap })
    expect(await client.response()).toBe(
      '* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE STARTTLS LOGINDISABLED] mail.example.test ready',
    )
  })

  it('offers passwords over TLS', async () => {
    const client = await imap.client()
    const { untagged } = await client.ok('CAPABILITY')
    expect(untagged).toEqual([
      '* CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID ENABLE AUTH=PLAIN AUTH=LOGIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=OAUTHBEARER AUTH=XOAUTH2',
    ])
  })
})

describe('LOGIN', () => {
  it('opens the account and tells the capabilities', async () => {
    const client = await imap.client()
    const { status } = await client.ask(`LOGIN ${user} "${password}"`)
    expect(status).toMatch(/^OK \[CAPABILITY IMAP4rev1 LITERAL\+ .*UIDPLUS MOVE SPECIAL-USE.*\] /)
    expect((await client.ask(`LOGIN ${user} "${password}"`)).status).toMatch(/^BAD/)
  })

  it('takes user and password as literals', async () => {
    const client = await imap.client()
    const { status } = await client.ask(
      `LOGIN {${user.length}}`,
      `${user} {${password.length}}`,
      password,
    )
    expect(status).toMatch(/^OK/)
  })

  it('says the same of a wrong password and an unknown user, but logs them apart', async () => {
    const client = await imap.client('imaps', { localAddress: '127.0.0.21' })
    const wrong = await client.ask(`LOGIN ${user} nonsense`)
    const unknown = await client.ask('LOGIN nobody@example.test nonsense')
    expect(wrong.status).toBe('NO [AUTHENTICATIONFAILED] Authentication failed')
    expect(unknown.status).toBe(wrong.status)
    const mine = imap.security.of('authFailed').filter(({ context }) => context.ip === '127.0.0.21')
    expect(mine.map(({ event }) => event)).toEqual([
      { user, mechanism: 'LOGIN', reason: 'bad_password' },
      { user: 'nobody@example.test', mechanism: 'LOGIN', reason: 'unknown_user' },
    ])
  })

  it('ends the connection at the third failure', async () => {
    const client = await imap.client()
    await client.ask('LOGIN a b')
    await client.ask('LOGIN a b')
    const { untagged, status } = await client.ask('LOGIN a b')
    expect(untagged).toEqual(['* BYE Too many failed logins'])
    expect(status).toMatch(/^NO/)
    expect(await client.response()).toBeUndefined()
  })

  it('takes no password without TLS, and logs who tried', async () => {
    const client = await imap.client('imap', { localAddress: '127.0.0.22' })
    expect((await client.ask(`LOGIN ${user} "${password}"`)).status).toMatch(
      /^NO \[PRIVACYREQUIRED\]/,
    )
    expect(
      (await client.ask(`AUTHENTICATE PLAIN ${plain(`\0${user}\0${password}`)}`)).status,
    ).toMatch(/^NO \[PRIVACYREQUIRED\]/)
    const mine = imap.security.of('authFailed').filter(({ context }) => context.ip === '127.0.0.22')
    expect(mine.map(({ event }) => event)).toMatchObject([
      { user, reason: 'not_over_tls' },
      { reason: 'not_over_tls' },
    ])
  })
})

describe('AUTHENTICATE PLAIN', () => {
  it('takes the response with the command or after it', async () => {
    const response = plain(`\0${user}\0${password}`)
    const first = await imap.client()
    expect((await first.ask(`AUTHENTICATE PLAIN ${response}`)).status).toMatch(/^OK/)
    const second = await imap.client()
    expect((await second.ask('AUTHENTICATE PLAIN', response)).status).toMatch(/^OK/)
  })

  it('can be cancelled', async () => {
    const client = await imap.client()
    expect((await client.ask('AUTHENTICATE PLAIN', '*')).status).toMatch(/^BAD/)
    await client.ok('NOOP')
  })

  it.each([
    ['no base64', '!!!'],
    ['no two NULs', plain(`${user} ${password}`)],
    ['an empty response', '='],
    ['somebody else to act for', plain(`you@example.test\0${user}\0${password}`)],
  ])('refuses %s', async (_name, response) => {
    const client = await imap.client()
    expect((await client.ask(`AUTHENTICATE PLAIN ${response}`)).status).toMatch(/^BAD/)
  })

  it('knows no other mechanism', async () => {
    const client = await imap.client()
    expect((await client.ask('AUTHENTICATE CRAM-MD5')).status).toMatch(/^BAD/)
  })
})

describe('STARTTLS', () => {
  it('secures the connection', async () => {
    const client = await imap.client('imap')
    await client.ok('STARTTLS')
    await client.lines.startTls()
    expect((await client.ask(`LOGIN ${user} "${password}"`)).status).toMatch(/^OK/)
    expect((await client.ask('STARTTLS')).status).toMatch(/^BAD/)
  })

  it('throws away what was sent in the clear behind it, and says so in the log', async () => {
    using client = new LineClient({ port: imap.ports.imap, localAddress: '127.0.0.23' })
    await client.line()
    client.send('a STARTTLS\r\nb CAPABILITY\r\nc LOGIN {3}\r\n')
    expect(await client.line()).toMatch(/^a OK/)
    await client.startTls()
    client.send('d NOOP\r\n')
    expect(await client.line()).toBe('d OK NOOP completed')
    const event = imap.security
      .of('protocolAbuse')
      .find(({ context }) => context.ip === '127.0.0.23')
    expect(event?.event).toMatchObject({ kind: 'starttls_injection' })
  })
})

it('a handshake that fails is an event, and the end of the connection', async () => {
  using client = new LineClient({ port: imap.ports.imap, localAddress: '127.0.0.26' })
  await client.line()
  client.send('a STARTTLS\r\n')
  expect(await client.line()).toMatch(/^a OK/)
  client.send('this is no handshake\r\n')
  await client.closed()
  const event = imap.security.of('protocolAbuse').find(({ context }) => context.ip === '127.0.0.26')
  expect(event?.event).toMatchObject({ kind: 'tls_handshake_failed' })
})

it('a client that speaks TLS at once is an event, and gets an end', async () => {
  using client = new LineClient({ port: imap.ports.imap, localAddress: '127.0.0.27' })
  await client.line()
  client.socket.write(Buffer.from('16030100f8010000f4', 'hex'))
  expect(await client.line()).toBe('* BYE TLS begins with STARTTLS here')
  await client.closed()
  const event = imap.security.of('protocolAbuse').find(({ context }) => context.ip === '127.0.0.27')
  expect(event?.event).toMatchObject({ kind: 'tls_on_plain_port' })
})

it('a client that does not log in is an event, and gets an end', async () => {
  await using own = await ImapFixture.open({ loginMs: 50 })
  using client = new LineClient({ port: own.ports.imap })
  await client.line()
  expect(await client.line()).toBe('* BYE Too slow to log in')
  expect(own.security.of('slowClient')).toMatchObject([{ event: { kind: 'login' } }])
})

describe('states', () => {
  it.each(['SELECT INBOX', 'LIST "" *', 'FETCH 1 FLAGS', 'APPEND INBOX {1+}\r\nx', 'IDLE'])(
    'refuses %s before the login',
    async (command) => {
      const client = await imap.client()
      expect((await client.ask(command)).status).toMatch(/^BAD/)
    },
  )

  it.each(['FETCH 1 FLAGS', 'EXPUNGE', 'SEARCH ALL', 'CLOSE', 'UNSELECT', 'CHECK'])(
    'refuses %s without a mailbox',
    async (command) => {
      const client = await imap.user()
      expect((await client.ask(command)).status).toBe('BAD No mailbox selected')
    },
  )

  it('says good-bye', async () => {
    const client = await imap.user()
    const { untagged, status } = await client.ask('LOGOUT')
    expect(untagged).toEqual(['* BYE Good-bye'])
    expect(status).toMatch(/^OK/)
    expect(await client.response()).toBeUndefined()
  })

  it('names itself, and its version to those who are logged in', async () => {
    const client = await imap.client()
    expect((await client.ok('ID NIL')).untagged).toEqual(['* ID ("name" "Gatepost")'])
    const known = await imap.user()
    expect((await known.ok('ID ("name" "test")')).untagged).toEqual([
      '* ID ("name" "Gatepost" "version" "0.0.0")',
    ])
  })
})

describe('limits', () => {
  it('gives up on a client that does not log in', async () => {
    await using slow = await ImapFixture.open({ loginMs: 50 })
    const client = await slow.client()
    expect(await client.response()).toBe('* BYE Too slow to log in')
    expect(await client.response()).toBeUndefined()
  })

  it('logs out who is idle for too long', async () => {
    await using slow = await ImapFixture.open({ idleMs: 50 })
    const client = await slow.user()
    expect(await client.response()).toBe('* BYE Autologout, idle for too long')
  })

  it('gives up on a client that sends bad commands only', async () => {
    const client = await imap.client('imaps', { localAddress: '127.0.0.24' })
    for (let i = 0; i < 20; i += 1) client.start('NONSENSE')
    const lines: (string | undefined)[] = []
    for (let line = await client.response(); line !== undefined; line = await client.response())
      lines.push(line)
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('* BYE Too many bad commands')
  })

  it('shows an HTTP request the door', async () => {
    using client = new LineClient({ port: imap.ports.imap, localAddress: '127.0.0.25' })
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.line()
    expect(await client.line()).toBe('* BYE This is no HTTP server')
    const event = imap.security
      .of('protocolAbuse')
      .find(({ context }) => context.ip === '127.0.0.25')
    expect(event?.event).toMatchObject({ kind: 'http_on_mail_port' })
  })
})
