import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ImapClient, LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runCommand } from '../support/run-command.ts'
import { password, TestServer } from '../support/test-server.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { deliver } from './support/smtp-delivery.ts'
import { submit } from './support/submission.ts'

const forms = ['xn--bcher-kva.example', 'b\u00fccher.example', 'B\u00dcCHER.example']

// RFC 5890 section 2.3.2.1: they are one domain, in whichever form it is configured, typed or sent.
describe.each(forms)('a server whose domain is configured as %s', (configured) => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({
      environment: { GATEPOST__DOMAINS: configured },
      accounts: [`me@${configured}`],
    })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it.each(forms)('takes mail for %s, logs its users in, and lets them send', async (form) => {
    const user = `me@${form}`
    const path = `${user}>${/^[\x00-\x7f]*$/.test(user) ? '' : ' SMTPUTF8'}`
    using mx = new LineClient({ port: server.port('mx') })
    await mx.reply()
    await mx.ask('EHLO client.example')
    expect(await mx.ask(`MAIL FROM:<${path}`)).toMatch(/^250 /)
    expect(await mx.ask(`RCPT TO:<${user}>`)).toMatch(/^250 /)
    await mx.ask('QUIT')
    await deliver(server.port('mx'), 'Subject: in\r\n\r\nx\r\n', { to: [`me@${forms[0]}`] })

    using imap = new ImapClient({ port: server.port('imaps'), isImplicitTls: true })
    await imap.response()
    const octets = Buffer.from(user).toString('latin1')
    const { status } = await imap.ask(`LOGIN {${octets.length}}`, `${octets} "${password}"`)
    expect(status).toMatch(/^OK/)

    const jmap = await JmapClient.open(server.port('http'), user)
    expect(jmap.session.username).toBe('me@xn--bcher-kva.example')

    const from = { name: 'Me', address: user }
    await submit(
      { port: server.port('submissions'), user },
      { from, to: `me@${forms[0]}`, subject: 'out', text: 'x' },
    )
    await using flow = await connectImap(server.port('imaps'), { auth: { user, pass: password } })
    expect(await messagesIn(flow, 'INBOX')).toHaveLength(2)
  })
})

it.each(forms)('the command line knows a domain configured as %s by each form', async (domain) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-domains-'))
  try {
    const config = join(folder, 'gatepost.toml')
    writeFileSync(
      config,
      `data = "data"\nhostname = "mail.example.test"\ndomains = ["${domain}"]\n`,
    )
    writeFileSync(join(folder, 'password'), `${password}\n`)
    const file = ['--password-file', join(folder, 'password')]
    const run = async (...args: string[]) => (await runCommand(config, args)).out
    const [a = '', u = ''] = forms
    const account = 'me@xn--bcher-kva.example'
    expect(await run('account', 'add', `me@${u}`, ...file)).toBe(`added ${account}\n`)
    expect(await run('account', 'password', `me@${a}`, ...file)).toContain(account)
    expect(await run('alias', 'add', `Other@${a}`, `me@${u}`)).toContain(`leads to ${account}`)
    expect(await run('alias', 'add', `@${u}`, `me@${a}`)).toContain(`leads to ${account}`)
    expect(await run('alias', 'delete', `other@${u}`)).toBe('deleted other@xn--bcher-kva.example\n')
    expect(await run('dns', 'show', u)).toBe(await run('dns', 'show', a))
    expect(await run('dns', 'show', u)).toContain('xn--bcher-kva.example')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
