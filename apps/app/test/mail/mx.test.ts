import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { LineClient, missing } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'
import { requirePrograms, runProgram, type ProgramResult } from './support/external-program.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { deliver } from './support/smtp-delivery.ts'

let server: TestServer

beforeEach(async () => {
  server = await TestServer.start({
    environment: {
      GATEPOST__DOMAINS: 'example.test,example.net',
      GATEPOST__LIMITS__MESSAGE_BYTES: '65536',
    },
  })
  const { directory } = server.running.store
  await directory.addAlias({ address: 'sales@example.test', target: 'me@example.test' })
  await directory.addAlias({ address: '@example.net', target: 'me@example.test' })
})
afterEach(() => server[Symbol.asyncDispose]())

function swaks(listener: 'mx' | 'submission', ...args: string[]): Promise<ProgramResult> {
  const where = ['--server', `127.0.0.1:${server.port(listener)}`, '--helo', 'client.example']
  return runProgram('swaks', [...where, ...args])
}
/** It speaks TLS only with a library that it can do without. */
async function requireTlsOfSwaks(context: Pick<TestContext, 'skip'>): Promise<void> {
  requirePrograms(context, 'swaks')
  const { stdout } = await runProgram('swaks', ['--support'])
  if (!stdout.includes('=== TLS supported')) missing(context, 'swaks with Net::SSLeay')
}
async function inbox(): Promise<string[]> {
  await using flow = await connectImap(server.port('imaps'))
  return await messagesIn(flow, 'INBOX')
}
/** The replies that swaks shows, without those to EHLO. */
function repliesIn({ stdout }: ProgramResult): string[] {
  return [...stdout.matchAll(/^<[-~*]{1,2} +(\d{3} .*)$/gm)].map(([, reply = '']) => reply)
}

describe('swaks', () => {
  it('brings a mail over STARTTLS, which the trace field tells', async (context) => {
    await requireTlsOfSwaks(context)
    const result = await swaks('mx', '--tls', '--from', 'a@example.org', '--to', 'me@example.test')
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toContain('=== TLS started with cipher TLSv1.3')
    expect(result.stdout).not.toContain('AUTH')
    const [message] = await inbox()
    expect(message).toMatch(
      /^Return-Path: <a@example\.org>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby mail\.example\.test \(Gatepost\) with ESMTPS id \S+\r\n\tfor <me@example\.test>;\r\n/,
    )
  })

  it('hears for every recipient whether it is one: account, detail, alias, catch-all, nobody, elsewhere', async (context) => {
    requirePrograms(context, 'swaks')
    const recipients = [
      'ME@Example.Test',
      'me+lists@example.test',
      'sales@example.test',
      'sales+spring@example.test',
      'anything@example.net',
      'nobody@example.test',
      'friend@example.org',
      'me%example.org@example.test',
    ]
    const result = await swaks('mx', '--from', 'a@example.org', '--to', recipients.join(','))
    expect(result.code).toBe(0)
    const [accepted, unknown] = ['250 2.1.5 Accepted', '550 5.1.1 No such user here']
    expect(repliesIn(result).slice(3, 3 + recipients.length)).toEqual([
      ...Array.from({ length: 5 }, () => accepted),
      unknown,
      '550 5.7.1 Relaying denied',
      unknown,
    ])
    const events = server.securityLines.map((line) => JSON.parse(line) as { event: string })
    expect(events.map(({ event }) => event)).toEqual([
      'rcpt_unknown',
      'relay_denied',
      'rcpt_unknown',
    ])
    // All five are one account: it has one copy.
    expect(await inbox()).toHaveLength(1)
  })

  it.for([
    ['an LF alone', 'bare_line_ending', 'one\ntwo\r\n'],
    ['a CR alone', 'bare_line_ending', 'one\rtwo\r\n'],
    [
      'a second mail smuggled behind a dot',
      'smuggling_attempt',
      'x\n.\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<me@example.test>\r\nDATA\r\nSubject: evil\r\n\r\n',
    ],
    [
      'one behind a dot with one LF',
      'smuggling_attempt',
      'x\r\n.\nMAIL FROM:<evil@example.org>\r\nDATA\r\n',
    ],
  ] as const)('is refused with %s in the message', async ([, kind, body], context) => {
    requirePrograms(context, 'swaks')
    const file = join(server.folder, 'mail')
    writeFileSync(file, `From: a@example.org\r\nSubject: x\r\n\r\n${body}.`)
    const args = ['--from', 'a@example.org', '--to', 'me@example.test', '--no-data-fixup']
    const result = await swaks('mx', ...args, '--data', `@${file}`)
    expect(repliesIn(result).slice(5)).toEqual([
      '550 5.6.11 Bare CR or LF in message',
      '221 2.0.0 Bye',
    ])
    expect(await inbox()).toEqual([])
    expect(server.securityLines.join('')).toContain(`"${kind}"`)
  })

  it.for(['PLAIN', 'LOGIN'])(
    'submits with AUTH %s after STARTTLS, and is offered nothing before',
    async (mechanism, context) => {
      await requireTlsOfSwaks(context)
      const login = ['--auth', mechanism, '--auth-user', 'me@example.test', '--to']
      const args = [...login, 'you@example.test', '--from', 'me@example.test']
      const plain = await swaks('submission', ...args, '--auth-password', password)
      expect(plain.stderr).toContain('*** Host did not advertise authentication')
      const wrong = await swaks('submission', '--tls', ...args, '--auth-password', 'wrong')
      expect(repliesIn(wrong)).toContain('535 5.7.8 Authentication credentials invalid')
      const right = await swaks('submission', '--tls', ...args, '--auth-password', password)
      expect(right.code).toBe(0)
      expect(repliesIn(right)).toContain('235 2.7.0 Authentication successful')
    },
  )
})

it('enforces the configured size: announced, told of with MAIL, counted with DATA, for APPEND and for JMAP', async () => {
  using client = new LineClient({ port: server.port('mx') })
  await client.reply()
  expect(await client.ask('EHLO client.example')).toMatch(/^250.SIZE 65536$/m)
  expect(await client.ask('MAIL FROM:<a@example.org> SIZE=65537')).toMatch(/^552 /)
  const line = `${'x'.repeat(998)}\r\n`
  await expect(deliver(server.port('mx'), `Subject: x\r\n\r\n${line.repeat(66)}`)).rejects.toThrow(
    '552 5.3.4 Message too large',
  )
  await deliver(server.port('mx'), `Subject: x\r\n\r\n${line.repeat(65)}`)
  expect(await inbox()).toHaveLength(1)
  const jmap = await JmapClient.open(server.port('http'))
  expect(jmap.session.capabilities['urn:ietf:params:jmap:core']).toMatchObject({
    maxSizeUpload: 65_536,
  })
  await expect(jmap.upload(Buffer.alloc(65_537))).rejects.toThrow(/^413 /)
  await using flow = await connectImap(server.port('imaps'))
  await expect(flow.append('INBOX', `Subject: x\r\n\r\n${line.repeat(66)}`)).rejects.toMatchObject({
    serverResponseCode: 'TOOBIG',
  })
  expect(await inbox()).toHaveLength(1)
})
