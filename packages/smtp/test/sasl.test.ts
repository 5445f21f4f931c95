import { TLSSocket } from 'node:tls'

import { newAppPassword, newPassword } from '@gatepost/auth'
import type { CredentialId } from '@gatepost/core'
import { loginRecordOf, ScramClient, type LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { cheap, me, password, plainToken, SmtpFixture } from './smtp-fixture.ts'

const scram = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }
const { hash, scram: secret } = await newPassword(password, { cost: cheap, scram })
const app = await newAppPassword({ scram })

let smtp: SmtpFixture
beforeEach(async () => {
  smtp = await SmtpFixture.open()
  const record = loginRecordOf(me, hash)
  smtp.logins.put({
    ...record,
    scram,
    credentials: record.credentials.flatMap((own) => [
      { ...own, scram: secret?.keys },
      {
        ...own,
        id: 'app' as CredentialId,
        kind: 'app_password',
        hash: app.hash,
        protocols: new Set(['smtp'] as const),
        scram: app.scram?.keys,
      },
    ]),
  })
})
afterEach(() => smtp[Symbol.asyncDispose]())

const encoded = (text: string): string => Buffer.from(text).toString('base64')
const decoded = (reply: string): string => Buffer.from(reply.slice(4), 'base64').toString()

async function scramOver(
  client: LineClient,
  scramClient: ScramClient,
  name: string,
): Promise<string> {
  const first = await client.ask(`AUTH ${name} ${encoded(scramClient.first)}`)
  if (!first.startsWith('334 ')) return first
  const final = await client.ask(encoded(scramClient.final(decoded(first))))
  if (!final.startsWith('334 ')) return final
  expect(scramClient.isServer(decoded(final))).toBe(true)
  return client.ask('')
}

function exporterOf({ socket }: LineClient): Buffer {
  return socket instanceof TLSSocket
    ? socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    : Buffer.alloc(0)
}

describe('SCRAM', () => {
  it('logs in, with the login in the trace', async () => {
    const client = await smtp.session('submissions')
    const scramClient = new ScramClient({ user: me.address, password })
    expect(await scramOver(client, scramClient, 'SCRAM-SHA-256')).toBe(
      '235 2.7.0 Authentication successful',
    )
    expect(await client.ask('EHLO client.example')).not.toContain('AUTH')
    await client.ask(`MAIL FROM:<${me.address}>`)
    await client.ask('RCPT TO:<you@example.net>')
    await client.ask('DATA')
    expect(await client.ask(`From: ${me.address}\r\n\r\nx\r\n.`)).toMatch(/^250/)
    expect(Buffer.from(smtp.submitted[0]?.content ?? '').toString()).toContain('with ESMTPSA id')
  })

  it('binds the exchange to the connection, and sees who stands between', async () => {
    const client = await smtp.session('submissions')
    expect(await client.ask('EHLO client.example')).toMatch(
      /^250.AUTH PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS OAUTHBEARER XOAUTH2$/m,
    )
    const options = { user: me.address, password, flag: 'p=tls-exporter' }
    const between = new ScramClient({ ...options, channelBinding: Buffer.alloc(32) })
    expect(await scramOver(client, between, 'SCRAM-SHA-256-PLUS')).toMatch(/^501 5\.5\.2 /)
    const stripped = new ScramClient({ user: me.address, password, flag: 'y' })
    expect(await scramOver(client, stripped, 'SCRAM-SHA-256')).toMatch(/^501 5\.5\.2 /)
    const bound = new ScramClient({ ...options, channelBinding: exporterOf(client) })
    expect(await scramOver(client, bound, 'SCRAM-SHA-256-PLUS')).toMatch(/^235 /)
    expect(smtp.security.of('authFailed')).toMatchObject([
      { event: { user: me.address, reason: 'malformed' } },
      { event: { user: me.address, reason: 'malformed' } },
    ])
  })

  it('ends the session at the third wrong proof', async () => {
    const client = await smtp.session('submissions')
    const replies: string[] = []
    for (let guess = 0; guess < 3; guess += 1) {
      const scramClient = new ScramClient({ user: me.address, password: `guess ${guess}` })
      replies.push((await scramOver(client, scramClient, 'SCRAM-SHA-256')).slice(0, 9))
    }
    expect(replies).toEqual(['535 5.7.8', '535 5.7.8', '421 4.7.0'])
    await client.closed()
  })
})

describe('bearer tokens', () => {
  it.each([
    ['OAUTHBEARER', `n,a=${me.address},\u0001auth=Bearer TOKEN\u0001\u0001`, '\u0001'],
    ['XOAUTH2', `user=${me.address}\u0001auth=Bearer TOKEN\u0001\u0001`, ''],
  ])(
    '%s takes an app password, and tells of a wrong one in a challenge',
    async (name, message, ack) => {
      const client = await smtp.session('submissions')
      const wrong = await client.ask(`AUTH ${name} ${encoded(message.replace('TOKEN', 'wrong'))}`)
      expect(JSON.parse(decoded(wrong))).toHaveProperty('status')
      expect(await client.ask(encoded(ack))).toMatch(/^535 5\.7\.8 /)
      const right = encoded(message.replace('TOKEN', app.text))
      expect(await client.ask(`AUTH ${name} ${right}`)).toMatch(/^235 /)
    },
  )
})

describe('the replies of RFC 4954', () => {
  it.each([
    [['AUTH PLAIN', '*'], /^501 5\.7\.0 /],
    [['AUTH SCRAM-SHA-256', '*'], /^501 5\.7\.0 /],
    [['AUTH PLAIN !'], /^501 5\.5\.2 /],
    [['AUTH PLAIN AA== AA=='], /^501 5\.5\.2 /],
    [['AUTH SCRAM-SHA-1'], /^504 5\.5\.4 /],
    [['AUTH EXTERNAL ='], /^504 5\.5\.4 /],
    [['MAIL FROM:<me@example.test>', 'AUTH PLAIN'], /^334/],
  ])('%j', async (lines, expected) => {
    const client = await smtp.session('submissions')
    let reply = ''
    for (const line of lines) reply = await client.ask(line)
    expect(reply).toMatch(expected)
  })

  it('nobody logs in twice, or within a transaction', async () => {
    const client = await smtp.user()
    const again = `AUTH PLAIN ${plainToken(me.address, password)}`
    expect(await client.ask(again)).toMatch(/^503 5\.5\.1 /)
  })

  it('takes long responses, and no line beyond 12,288 octets', async () => {
    const client = await smtp.session('submissions')
    const long = encoded(`\0${me.address}\0${'x'.repeat(9000)}`)
    expect(await client.ask(`AUTH PLAIN ${long}`)).toMatch(/^535 /)
    await client.ask('AUTH PLAIN')
    expect(await client.ask('A'.repeat(12_289))).toMatch(/^421 4\.5\.2 /)
  })
})
