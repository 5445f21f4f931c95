import { TLSSocket } from 'node:tls'

import { newAppPassword } from '@gatepost/auth'
import { ScramClient, type ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ImapFixture, password, user } from './imap-fixture.ts'

let imap: ImapFixture
let app: string
beforeAll(async () => {
  imap = await ImapFixture.open()
  const { directory } = imap.store
  const { text, hash, scram } = await newAppPassword({
    scram: (await directory.login(user))?.scram,
  })
  app = text
  await directory.addAppPassword(user, {
    name: 'phone',
    hash,
    scram,
    protocols: new Set(['imap']),
  })
})
afterAll(() => imap[Symbol.asyncDispose]())

const encoded = (text: string): string => Buffer.from(text).toString('base64')

/** Answers challenges until the command ends. */
async function authenticate(
  client: ImapClient,
  command: string,
  respond: (challenge: string) => string,
): Promise<{ readonly status: string; readonly challenges: readonly string[] }> {
  const tag = client.start(`AUTHENTICATE ${command}`)
  const challenges: string[] = []
  for (;;) {
    const line = (await client.response()) ?? 'closed'
    if (!line.startsWith('+ ')) return { status: line.replace(`${tag} `, ''), challenges }
    const challenge = Buffer.from(line.slice(2), 'base64').toString()
    challenges.push(challenge)
    client.send(`${encoded(respond(challenge))}\r\n`)
  }
}

async function scramOver(
  client: ImapClient,
  scram: ScramClient,
  { name = 'SCRAM-SHA-256', isInitial = true } = {},
): Promise<string> {
  const { status } = await authenticate(
    client,
    isInitial ? `${name} ${encoded(scram.first)}` : name,
    (challenge) => {
      if (challenge === '') return scram.first
      if (challenge.startsWith('r=')) return scram.final(challenge)
      expect(scram.isServer(challenge)).toBe(true)
      return ''
    },
  )
  return status
}

describe('AUTHENTICATE SCRAM-SHA-256', () => {
  it.each([true, false])(
    'logs in, with the first message in the command: %s',
    async (isInitial) => {
      const client = await imap.client()
      expect(await scramOver(client, new ScramClient({ user, password }), { isInitial })).toMatch(
        /^OK \[CAPABILITY IMAP4rev1 .*\] Logged in/,
      )
      await client.ok('SELECT INBOX')
    },
  )

  it('takes an app password as it was shown', async () => {
    const client = await imap.client()
    expect(await scramOver(client, new ScramClient({ user, password: app }))).toMatch(/^OK /)
  })

  it('binds the exchange to the connection', async () => {
    const client = await imap.client()
    const { socket } = client.lines
    if (!(socket instanceof TLSSocket)) return expect.unreachable()
    const flag = 'p=tls-exporter'
    const name = 'SCRAM-SHA-256-PLUS'
    const channelBinding = socket.exportKeyingMaterial(
      32,
      'EXPORTER-Channel-Binding',
      Buffer.alloc(0),
    )
    const between = new ScramClient({ user, password, flag, channelBinding: Buffer.alloc(32) })
    expect(await scramOver(client, between, { name })).toMatch(/^BAD /)
    const bound = new ScramClient({ user, password, flag, channelBinding })
    expect(await scramOver(client, bound, { name })).toMatch(/^OK /)
  })

  it('binds it to the certificate for who knows no exporter', async () => {
    const client = await imap.client()
    const { socket } = client.lines
    if (!(socket instanceof TLSSocket)) return expect.unreachable()
    const { fingerprint256 } = socket.getPeerCertificate()
    const scram = new ScramClient({
      user,
      password,
      flag: 'p=tls-server-end-point',
      // The certificate of the tests is signed with SHA-256.
      channelBinding: Buffer.from(fingerprint256.replaceAll(':', ''), 'hex'),
    })
    expect(await scramOver(client, scram, { name: 'SCRAM-SHA-256-PLUS' })).toMatch(/^OK /)
  })

  it('ends the connection at the third wrong proof', async () => {
    const client = await imap.client()
    const ends: string[] = []
    for (let guess = 0; guess < 3; guess += 1)
      ends.push(await scramOver(client, new ScramClient({ user, password: 'wrong' })))
    const wrong = 'NO [AUTHENTICATIONFAILED] Authentication failed'
    expect(ends).toEqual([wrong, wrong, '* BYE Too many failed logins'])
  })

  it('is not there without TLS', async () => {
    const client = await imap.client('imap')
    expect(await scramOver(client, new ScramClient({ user, password }))).toMatch(
      /^NO \[PRIVACYREQUIRED\]/,
    )
  })
})

describe('bearer tokens', () => {
  it.each([
    ['OAUTHBEARER', (token: string) => `n,a=${user},\u0001auth=Bearer ${token}\u0001\u0001`],
    ['XOAUTH2', (token: string) => `user=${user}\u0001auth=Bearer ${token}\u0001\u0001`],
  ])('%s', async (name, message) => {
    const client = await imap.client()
    const wrong = await authenticate(client, `${name} ${encoded(message('wrong'))}`, () => '')
    expect(wrong.status).toBe('NO [AUTHENTICATIONFAILED] Authentication failed')
    expect(wrong.challenges[0]).toContain('"status"')
    const right = await authenticate(client, `${name} ${encoded(message(app))}`, () => '')
    expect(right).toMatchObject({ status: expect.stringMatching(/^OK /), challenges: [] })
  })

  it('ImapFlow logs in with one', async () => {
    const flow = imap.flow({ auth: { user, accessToken: app } })
    await flow.connect()
    expect(flow.usable).toBe(true)
    await flow.logout()
  })
})

it('LOGIN by AUTHENTICATE asks for name and password', async () => {
  const client = await imap.client()
  const { status, challenges } = await authenticate(client, 'LOGIN', (challenge) =>
    challenge === 'Username:' ? user : password,
  )
  expect(status).toMatch(/^OK /)
  expect(challenges).toEqual(['Username:', 'Password:'])
})
