import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { newAppPassword, newPassword } from '@gatepost/auth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'
import { requirePrograms, runProgram, type ProgramResult } from './support/external-program.ts'

const user = 'me@example.test'
const cost = { memoryKib: 8, passes: 1, lanes: 1 }

let server: TestServer
let appPassword: string
let mail: string

beforeAll(async () => {
  server = await TestServer.start({ accounts: [] })
  const { directory } = server.running.store
  const own = await newPassword(password, { cost })
  await directory.addAccount(user, own)
  const { text, hash, scram } = await newAppPassword({ scram: own.scram?.parameters })
  const protocols = new Set(['imap', 'smtp'] as const)
  await directory.addAppPassword(user, { name: 'phone', hash, scram, protocols })
  appPassword = text
  mail = join(server.folder, 'mail')
  writeFileSync(mail, `From: ${user}\r\nSubject: by a client\r\n\r\nhello\r\n`)
})
afterAll(() => server[Symbol.asyncDispose]())

/** What the security log has last. */
function lastEvent(): unknown {
  return JSON.parse(server.securityLines.at(-1) ?? '{}')
}

describe.each(['imap', 'smtp'] as const)('GNU SASL over %s', (protocol) => {
  function gsasl(mechanism: string, secret: string): Promise<ProgramResult> {
    const port = server.port(protocol === 'imap' ? 'imap' : 'submission')
    return runProgram('gsasl', [
      `--${protocol}`,
      `--connect=127.0.0.1:${port}`,
      '--starttls',
      `--x509-ca-file=${server.running.certificate.certificateFile}`,
      // With a channel to bind to, it does nothing less.
      ...(mechanism.endsWith('-PLUS') ? [] : ['--no-cb']),
      `--mechanism=${mechanism}`,
      `--authentication-id=${user}`,
      '--authorization-id=',
      `--password=${secret}`,
    ])
  }

  it.for(['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'])(
    'logs in by %s, with the password and with an app password',
    async (mechanism, context) => {
      requirePrograms(context, 'gsasl')
      for (const secret of [password, appPassword]) {
        expect(await gsasl(mechanism, secret)).toMatchObject({ code: 0 })
        expect(lastEvent()).toMatchObject({ event: 'auth_success', user, mechanism })
      }
      expect(await gsasl(mechanism, 'wrong')).toMatchObject({ code: 1 })
      expect(lastEvent()).toMatchObject({
        event: 'auth_failed',
        reason: 'bad_password',
        user,
        mechanism,
      })
    },
  )
})

describe('an app password as a token', () => {
  const success = { event: 'auth_success', user }
  const failure = { event: 'auth_failed', reason: 'bad_password', user }

  it('curl logs in by OAUTHBEARER over IMAP and SMTP', async (context) => {
    requirePrograms(context, 'curl')
    const { certificateFile } = server.running.certificate
    const trust = ['--silent', '--show-error', '--noproxy', '*', '--cacert', certificateFile]
    const curl = (token: string, ...args: string[]): Promise<ProgramResult> =>
      runProgram('curl', [...trust, '--user', user, '--oauth2-bearer', token, ...args])
    const inbox = [`imaps://127.0.0.1:${server.port('imaps')}/`]
    const submissions = `smtps://127.0.0.1:${server.port('submissions')}`
    const send = ['--mail-from', user, '--mail-rcpt', user, '--upload-file', mail, submissions]
    const loginDenied = 67
    for (const args of [inbox, send]) {
      expect(await curl(appPassword, ...args)).toMatchObject({ code: 0, stderr: '' })
      expect(lastEvent()).toMatchObject({ ...success, mechanism: 'OAUTHBEARER' })
      expect(await curl('wrong', ...args)).toMatchObject({ code: loginDenied })
      expect(lastEvent()).toMatchObject({ ...failure, mechanism: 'OAUTHBEARER' })
    }
  })

  // curl takes XOAUTH2 only where there is no OAUTHBEARER.
  it.for([
    ['imap', 'imaplib.IMAP4_SSL(host, port, ssl_context=tls)', 'imaps'],
    ['smtp', 'smtplib.SMTP_SSL(host, port, context=tls)', 'submissions'],
  ] as const)(
    'Python logs in by XOAUTH2 over %s',
    async ([protocol, client, listener], context) => {
      requirePrograms(context, 'python3')
      const script = [
        'import imaplib, smtplib, ssl, sys',
        'host, port, trusted, user, token = sys.argv[1:]',
        'tls = ssl.create_default_context(cafile=trusted)',
        'message = f"user={user}\\1auth=Bearer {token}\\1\\1"',
        `client = ${client}`,
        protocol === 'imap'
          ? 'client.authenticate("XOAUTH2", lambda _: message.encode())'
          : 'client.ehlo(); client.auth("XOAUTH2", lambda challenge=None: message if challenge is None else "")',
      ].join('\n')
      const python = (token: string): Promise<ProgramResult> =>
        runProgram('python3', [
          '-c',
          script,
          'localhost',
          String(server.port(listener)),
          server.running.certificate.certificateFile,
          user,
          token,
        ])
      expect(await python(appPassword)).toMatchObject({ code: 0, stderr: '' })
      expect(lastEvent()).toMatchObject({ ...success, mechanism: 'XOAUTH2' })
      expect(await python('wrong')).toMatchObject({ code: 1 })
      expect(lastEvent()).toMatchObject({ ...failure, mechanism: 'XOAUTH2' })
    },
  )
})
