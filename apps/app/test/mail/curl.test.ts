import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'

import { missing } from '@gatepost/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'
import { requirePrograms, runProgram, type ProgramResult } from './support/external-program.ts'
import type { NamespaceReport } from './support/namespace-server.ts'

const user = `me@example.test:${password}`
const message = 'From: me@example.test\r\nSubject: by curl\r\n\r\ncaf\u00e9\r\n..\r\n'
/** One character for each byte, as curl's output is read. */
const bytes = Buffer.from(message).toString('latin1')

let server: TestServer
let file: string

beforeAll(async () => {
  server = await TestServer.start()
  file = join(server.folder, 'mail')
  writeFileSync(file, message)
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach((context) => requirePrograms(context, 'curl'))

/** Checks our certificate as any client would that was told to trust it. */
function curl(...args: string[]): Promise<ProgramResult> {
  const trust = ['--cacert', server.running.certificate.certificateFile, '--noproxy', '*']
  return runProgram('curl', ['--silent', '--show-error', ...trust, ...args])
}
/** As root of a network of its own, where nothing else is. */
function inNamespace(script: string, ...args: string[]): Promise<ProgramResult> {
  return runProgram('unshare', ['--map-root-user', '--net', 'sh', '-ec', script, 'sh', ...args])
}
function url(listener: Parameters<TestServer['port']>[0], scheme: string, path = ''): string {
  return `${scheme}://127.0.0.1:${server.port(listener)}${path}`
}

describe('JMAP', () => {
  it.for([
    ['http', 'http'],
    ['https', 'https'],
  ] as const)('tells a user over %s where everything is', async ([listener, scheme]) => {
    const { code, stdout } = await curl('--user', user, url(listener, scheme, '/.well-known/jmap'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      username: 'me@example.test',
      apiUrl: url(listener, scheme, '/jmap/api'),
    })
  })

  it('echoes', async () => {
    const request = {
      using: ['urn:ietf:params:jmap:core'],
      methodCalls: [['Core/echo', { a: [1] }, 'c']],
    }
    const login = ['--user', user]
    const body = ['--json', JSON.stringify(request)]
    const { stdout } = await curl(...login, ...body, url('http', 'http', '/jmap/api'))
    expect(JSON.parse(stdout)).toMatchObject({
      methodResponses: [['Core/echo', { a: [1] }, 'c']],
    })
  })

  it.for([
    ['no password', []],
    ['a wrong password', ['--user', 'me@example.test:wrong']],
    ['an unknown user', ['--user', `nobody@example.test:${password}`]],
    ['a user without a domain', ['--user', `nobody:${password}`]],
  ] as const)('wants a login: refuses %s', async ([, login]) => {
    const { stdout } = await curl('--include', ...login, url('http', 'http', '/.well-known/jmap'))
    expect(stdout).toMatch(/^HTTP\/1\.1 401 /)
    expect(stdout).toMatch(/^www-authenticate: Basic realm="Gatepost"/im)
  })

  it('takes passwords without TLS from this machine only', async (context) => {
    requirePrograms(context, 'unshare', 'ip')
    const probe = await inNamespace('ip link set lo up')
    if (probe.code !== 0) missing(context, `namespaces: ${probe.stderr}`)
    // RFC 5737: an address of nobody, here of a machine that knows no other network.
    const { stdout, stderr } = await inNamespace(
      'ip link set lo up; ip address add 192.0.2.1/32 dev lo; exec "$@" 192.0.2.1',
      execPath,
      join(import.meta.dirname, 'support/namespace-server.ts'),
    )
    expect(stderr).toBe('')
    const report = JSON.parse(stdout) as NamespaceReport
    expect(report.plainFromAfar).toMatch(/^403 .*Use https/)
    expect(report.tlsFromAfar).toMatch(/^200 .*me@example\.test/)
    expect(report.plainFromHere).toMatch(/^200 .*me@example\.test/)
    expect(report.events.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'auth_failed', ip: '192.0.2.1', reason: 'not_over_tls', user: 'me@example.test' },
      { event: 'auth_success', ip: '192.0.2.1', tls: 'yes' },
      { event: 'auth_success', ip: '127.0.0.1', tls: 'no' },
    ])
  })
})

describe('SMTP and IMAP', () => {
  it('sends from a file, finds the mail, gets it and puts another one beside it', async () => {
    const envelope = ['--mail-from', 'me@example.test', '--mail-rcpt', 'me+curl@example.test']
    const sent = await curl('--user', user, ...envelope, '-T', file, url('submissions', 'smtps'))
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    const login = ['--user', user]
    const found = await curl(...login, url('imaps', 'imaps', '/INBOX?SUBJECT%20curl'))
    expect(found.stdout).toBe('* SEARCH 1\r\n')
    const got = await curl(...login, url('imaps', 'imaps', '/INBOX;UID=1'))
    expect(got.stdout.endsWith(`\r\n${bytes}`)).toBe(true)

    const added = await curl(...login, '-T', file, url('imaps', 'imaps', '/Archive'))
    expect(added).toMatchObject({ code: 0, stderr: '' })
    const plain = [...login, '--ssl-reqd']
    const archived = await curl(...plain, url('imap', 'imap', '/Archive;MAILINDEX=1'))
    expect(archived.stdout).toBe(bytes)
    const list = await curl(...plain, url('imap', 'imap', '/'))
    expect(list.stdout).toMatch(/^\* LIST \([^)]*\\Sent[^)]*\) "\/" "?Sent"?\r$/m)
  })

  it.for([
    ['leaves a mail for an account', 'me@example.test', 0],
    ['is refused for a recipient that is nobody', 'nobody@example.test', 55],
    ['is refused for a recipient elsewhere', 'friend@example.org', 55],
  ] as const)('%s without a login', async ([, recipient, code]) => {
    const args = ['--ssl-reqd', '--mail-from', 'a@example.org', '--mail-rcpt', recipient]
    expect(await curl(...args, '-T', file, url('mx', 'smtp'))).toMatchObject({ code })
  })

  it('logs nobody in with a wrong password, or without TLS', async () => {
    const wrong = ['--user', 'me@example.test:wrong']
    const loginDenied = 67
    expect((await curl(...wrong, url('imaps', 'imaps', '/INBOX'))).code).toBe(loginDenied)
    const smtp = [...wrong, '--mail-from', 'me@example.test', '--mail-rcpt', 'me@example.test']
    const overTls = await curl(...smtp, '-T', file, url('submissions', 'smtps'))
    expect(overTls.code).toBe(loginDenied)
    const [, , ...envelope] = smtp
    const inClear = ['--user', user, ...envelope, '-T', file]
    expect((await curl(...inClear, url('imap', 'imap', '/INBOX'))).code).toBe(loginDenied)
    const refused = await curl('--verbose', ...inClear, url('submission', 'smtp'))
    expect(refused.stderr).toContain('530 5.7.0 Must issue a STARTTLS command first')
  })
})
