import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openStore } from '@gatepost/store-sqlite'
import { silentLogger } from '@gatepost/telemetry'
import { LineClient } from '@gatepost/testkit'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { runCommand, type CommandResult } from './support/run-command.ts'
import { password, TestServer } from './support/test-server.ts'

let folder: string
let config: string
let resources: AsyncDisposableStack

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-cli-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  config = join(folder, 'gatepost.toml')
  writeFileSync(config, 'data = "data"\n[listen.admin]\naddress = "127.0.0.1:1"\n')
  writeFileSync(join(folder, 'password'), `${password}\n`)
})
afterEach(() => resources.disposeAsync())

async function gatepost(...args: string[]): Promise<CommandResult> {
  return runCommand(config, args)
}
async function list(...args: string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return JSON.parse((await gatepost(...args, '--json')).out) as readonly Readonly<
    Record<string, unknown>
  >[]
}

async function listedDomains(): Promise<unknown> {
  return (await list('domain', 'list')).map(({ domain, configured }) => ({ domain, configured }))
}

/** Of an account without mail: whether it has keys for SCRAM, and made with what. */
async function scramOf(address: string) {
  await using store = await openStore({
    dataFolder: join(folder, 'data'),
    localDomains: ['example.test'],
    logger: silentLogger,
    mode: 'tool',
  })
  const record = await store.directory.login(address)
  return { parameters: record?.scram, keys: record?.credentials[0]?.scram }
}

describe('while the server does not run', () => {
  it('adds, lists and deletes accounts', async () => {
    expect(
      await gatepost(
        'account',
        'add',
        'Me@Example.Test',
        '--password-file',
        join(folder, 'password'),
      ),
    ).toMatchObject({ code: 0, out: 'added me@example.test\n' })
    expect(await list('account', 'list')).toMatchObject([
      { address: 'me@example.test', bytes: 0, emails: 0 },
    ])
    expect((await gatepost('account', 'list')).out).toMatch(/ADDRESS +CREATED[^]*me@example\.test/)
    expect(await gatepost('account', 'delete', 'me@example.test')).toMatchObject({ code: 0 })
    expect((await gatepost('account', 'list')).out).toBe('no accounts\n')
  })

  it('limits what an account may hold', async () => {
    await gatepost('account', 'add', 'me@example.test', '--password-file', join(folder, 'password'))
    const { out } = await gatepost('account', 'quota', 'me@example.test', '--emails', '1000')
    expect(out).toBe('me@example.test may hold any number of bytes in 1000 emails\n')
    await gatepost('account', 'quota', 'me@example.test', '--bytes', '5000000')
    expect(await list('account', 'list')).toMatchObject([{ maxBytes: 5_000_000, maxEmails: 1000 }])
    expect(await gatepost('account', 'quota', 'me@example.test', '--bytes', '-1')).toMatchObject({
      code: 2,
    })
    expect(await gatepost('account', 'quota', 'me@example.test', '--bytes', '1k')).toMatchObject({
      code: 1,
    })
  })

  it('makes keys for SCRAM of a password, with one salt for the account, unless they are switched off', async () => {
    const given = ['me@example.test', '--password-file', join(folder, 'password')]
    await gatepost('account', 'add', ...given)
    const added = await scramOf('me@example.test')
    expect(added).toMatchObject({ parameters: { iterations: 65_536 }, keys: expect.anything() })
    writeFileSync(join(folder, 'password'), 'another password\n')
    await gatepost('account', 'password', ...given)
    const changed = await scramOf('me@example.test')
    expect(changed.parameters).toEqual(added.parameters)
    expect(changed.keys).not.toEqual(added.keys)
    appendFileSync(config, '[auth]\nscram = false\n')
    await gatepost('account', 'password', ...given)
    expect((await scramOf('me@example.test')).keys).toBeUndefined()
    const [, ...file] = given
    await gatepost('account', 'add', 'you@example.test', ...file)
    expect(await scramOf('you@example.test')).toEqual({ parameters: undefined, keys: undefined })
  })

  it('makes app passwords that are shown once, lists what they are for, and deletes them', async () => {
    await gatepost('account', 'add', 'me@example.test', '--password-file', join(folder, 'password'))
    const appPassword = (...args: string[]): Promise<CommandResult> =>
      gatepost('account', 'app-password', ...args)
    const made = await appPassword('add', 'Me@Example.Test', 'my phone', '--protocols', 'imap,SMTP')
    expect(made.out).toMatch(
      /^the app password "my phone" of me@example\.test for imap, smtp is [a-z2-7-]{24,}\n$/,
    )
    expect((await appPassword('add', 'me@example.test', 'script')).code).toBe(0)
    expect(await list('account', 'app-password', 'list', 'me@example.test')).toMatchObject([
      { name: 'my phone', protocols: 'imap,smtp', used: 'never' },
      { name: 'script', protocols: 'smtp,imap,http', used: 'never' },
    ])
    const refused = [
      ['add', 'me@example.test', 'script'],
      ['add', 'me@example.test', 'other', '--protocols', 'imap,pop3'],
      ['add', 'you@example.test', 'script'],
      ['list', 'you@example.test'],
      ['delete', 'me@example.test', 'other'],
    ]
    for (const args of refused) expect((await appPassword(...args)).code).toBe(1)
    for (const name of ['script', 'my phone'])
      expect((await appPassword('delete', 'me@example.test', name)).code).toBe(0)
    expect((await appPassword('list', 'me@example.test')).out).toBe('no app passwords\n')
  })

  it('gives and takes roles', async () => {
    await gatepost('account', 'add', 'me@example.test', '--password-file', join(folder, 'password'))
    const role = (...args: string[]): Promise<CommandResult> => gatepost('account', 'role', ...args)
    expect((await role('list', 'me@example.test')).out).toBe('me@example.test has no role\n')
    expect((await role('add', 'me@example.test', 'admin')).out).toBe(
      'me@example.test has the role admin\n',
    )
    expect(await list('account', 'role', 'list', 'me@example.test')).toEqual(['admin'])
    expect((await role('delete', 'me@example.test', 'admin')).out).toBe(
      'me@example.test has no role\n',
    )
    expect((await role('add', 'me@example.test', 'king')).code).toBe(1)
    expect((await role('add', 'you@example.test', 'admin')).code).toBe(1)
    expect((await role('add', 'me@example.test')).code).toBe(2)
  })

  it('adds, lists and deletes domains; the list of the configuration is only the beginning', async () => {
    expect(await gatepost('domain', 'add', 'Bücher.Test')).toMatchObject({
      code: 0,
      out: expect.stringContaining('gatepost dns show xn--bcher-kva.test') as string,
    })
    expect(await listedDomains()).toEqual([
      { domain: 'example.test', configured: 'yes' },
      { domain: 'xn--bcher-kva.test', configured: 'no' },
    ])
    expect((await gatepost('dns', 'show', 'bücher.test')).code).toBe(0)
    expect((await gatepost('domain', 'delete', 'bücher.test')).code).toBe(0)
    expect(await listedDomains()).toEqual([{ domain: 'example.test', configured: 'yes' }])
    expect((await gatepost('dns', 'show', 'bücher.test')).code).toBe(1)
    expect(await gatepost('domain', 'delete', 'example.test')).toMatchObject({
      code: 1,
      error: expect.stringContaining('`domains` of the configuration') as string,
    })
  })

  it('adds, lists and deletes aliases and catch-alls', async () => {
    await gatepost('account', 'add', 'me@example.test', '--password-file', join(folder, 'password'))
    expect((await gatepost('alias', 'add', 'info@example.test', 'me@example.test')).code).toBe(0)
    expect((await gatepost('alias', 'add', '@example.test', 'me@example.test')).code).toBe(0)
    expect(await list('alias', 'list')).toEqual([
      { address: '@example.test', target: 'me@example.test' },
      { address: 'info@example.test', target: 'me@example.test' },
    ])
    expect((await gatepost('alias', 'delete', 'info@example.test')).code).toBe(0)
    expect(await list('alias', 'list')).toHaveLength(1)
  })

  it.each([
    [['account', 'add', 'me@elsewhere.example'], /elsewhere\.example/],
    [['account', 'add', 'no address'], /"no address" is no mail address/],
    [['account', 'delete', 'nobody@example.test'], /nobody@example\.test/],
    [['account', 'password', 'nobody@example.test'], /nobody@example\.test/],
    [['domain', 'add', 'no domain'], /"no domain" is no domain/],
    [['domain', 'add', 'example.test'], /example\.test exists/],
    [['domain', 'delete', 'elsewhere.example'], /elsewhere\.example/],
    [['alias', 'add', 'x@example.test', 'nobody@example.test'], /nobody@example\.test/],
    [['alias', 'delete', 'x@example.test'], /x@example\.test/],
    [['queue', 'delete', 'q99'], /q99/],
    [['crowdsec', 'status'], /no server runs here and no Local API is configured/],
  ])('refuses %j with a reason and code 1', async (args, reason) => {
    const needsPassword = args[0] === 'account' && args[1] !== 'delete'
    const result = await gatepost(
      ...args,
      ...(needsPassword ? ['--password-file', join(folder, 'password')] : []),
    )
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.error).toMatch(/^gatepost: /)
    expect(result.error).toMatch(reason)
    expect(result.error).not.toContain('    at ')
  })

  it('refuses a short password', async () => {
    writeFileSync(join(folder, 'password'), 'short\n')
    expect(
      await gatepost(
        'account',
        'add',
        'me@example.test',
        '--password-file',
        join(folder, 'password'),
      ),
    ).toMatchObject({ code: 1 })
    expect(await list('account', 'list')).toEqual([])
  })

  it.each([
    [[]],
    [['nonsense']],
    [['account']],
    [['account', 'add']],
    [['account', 'add', 'a@example.test', 'b@example.test']],
    [['account', 'list', '--nonsense']],
  ])('answers %j with the usage and code 2', async (args) => {
    const result = await gatepost(...args)
    expect(result.code).toBe(2)
    expect(result.error).toContain('gatepost ')
  })

  it('answers a bad configuration with code 2', async () => {
    writeFileSync(config, 'domain = ["x"]\n')
    expect(await gatepost('config', 'check')).toMatchObject({
      code: 2,
      error: expect.stringContaining('did you mean "domains"?') as string,
    })
  })

  it('checks, prints and describes the configuration, without its secrets', async () => {
    writeFileSync(config, '[crowdsec]\nlapi_url = "http://127.0.0.1:8080"\napi_key = "geheim"\n')
    expect(await gatepost('config', 'check')).toMatchObject({ code: 0, out: `${config}: ok\n` })
    const printed = (await gatepost('config', 'print')).out
    expect(printed).not.toContain('geheim')
    expect(JSON.parse(printed)).toMatchObject({
      listen: { mx: { address: '127.0.0.1:2525' } },
      crowdsec: { lapi_url: 'http://127.0.0.1:8080' },
    })
    expect(JSON.parse((await gatepost('config', 'schema')).out)).toMatchObject({
      type: 'object',
      properties: { hostname: { type: 'string' } },
    })
  })
})

describe('while the server runs', () => {
  it('changes what the server knows: additions at once, removals within a second', async () => {
    const server = resources.use(await TestServer.start({ accounts: [] }))
    writeFileSync(config, `data = "${server.config.data}"\n`)
    using client = new LineClient({ port: server.port('mx') })
    await client.reply()
    await client.ask('EHLO client.example')
    await client.ask('MAIL FROM:<>')
    expect(await client.ask('RCPT TO:<new@example.test>')).toMatch(/^550/)
    expect(
      await gatepost(
        'account',
        'add',
        'new@example.test',
        '--password-file',
        join(folder, 'password'),
      ),
    ).toMatchObject({ code: 0 })
    expect(await client.ask('RCPT TO:<new@example.test>')).toMatch(/^250/)
    await gatepost('domain', 'add', 'late.test')
    await gatepost('alias', 'add', '@late.test', 'new@example.test')
    expect(await client.ask('RCPT TO:<any@late.test>')).toMatch(/^250/)
    // Whether a host is ours is known without a question to the store, and so within a second.
    await vi.waitFor(
      async () => {
        const autoconfig = `http://127.0.0.1:${server.port('http')}/.well-known/autoconfig/mail/config-v1.1.xml`
        const { statusCode, body } = await request(autoconfig, {
          headers: { host: 'autoconfig.late.test' },
        })
        expect([statusCode, await body.text()]).toEqual([
          200,
          expect.stringContaining('<domain>late.test</domain>'),
        ])
      },
      { timeout: 10_000 },
    )
    await gatepost('alias', 'add', 'other@example.test', 'new@example.test')
    expect(await client.ask('RCPT TO:<other@example.test>')).toMatch(/^250/)
    await gatepost('alias', 'delete', 'other@example.test')
    // What was found is remembered until the server has looked around, which it does every second.
    await vi.waitFor(
      async () => expect(await client.ask('RCPT TO:<other@example.test>')).toMatch(/^550/),
      { timeout: 10_000 },
    )
  })

  it('shows the queue, makes it due and takes messages off it', async () => {
    const server = resources.use(
      await TestServer.start({
        hosts: { find: () => Promise.resolve({ kind: 'later', reason: 'a test' }) },
      }),
    )
    writeFileSync(config, `data = "${server.config.data}"\n`)
    using client = new LineClient({ port: server.port('submissions'), isImplicitTls: true })
    await client.reply()
    await client.ask('EHLO client.example')
    await client.ask(
      `AUTH PLAIN ${Buffer.from(`\0me@example.test\0${password}`).toString('base64')}`,
    )
    await client.ask('MAIL FROM:<me@example.test>')
    await client.ask('RCPT TO:<you@example.org>')
    await client.ask('DATA')
    expect(await client.ask('From: me@example.test\r\n\r\nx\r\n.')).toMatch(/^250/)
    let [row] = await list('queue', 'list')
    while (row?.['attempts'] !== 1 || row['state'] !== 'waiting')
      [row] = await list('queue', 'list')
    expect(row).toMatchObject({
      from: 'me@example.test',
      to: 'you@example.org',
      reply: '451 4.4.3 a test',
    })
    expect(await gatepost('queue', 'retry')).toMatchObject({
      code: 0,
      out: '1 recipients are due now\n',
    })
    expect(await gatepost('queue', 'delete', String(row['id']))).toMatchObject({ code: 0 })
    expect((await gatepost('queue', 'list')).out).toBe('the queue is empty\n')
  })

  it('asks the server about CrowdSec', async () => {
    const server = resources.use(await TestServer.start())
    writeFileSync(
      config,
      `data = "${server.config.data}"\n[listen.admin]\naddress = "127.0.0.1:${server.port('admin')}"\n`,
    )
    expect((await gatepost('crowdsec', 'status')).out).toMatch(/^off: 0 decisions.*from the server/)
    expect((await gatepost('crowdsec', 'explain', '::ffff:192.0.2.1')).out).toMatch(
      /^192\.0\.2\.1 may come in\nno decision concerns it/,
    )
    expect(await gatepost('crowdsec', 'explain', '1.2.3')).toMatchObject({ code: 1 })
  })
})

describe('dns show', () => {
  it('prints the records of each domain, or of one, and refuses a foreign one', async () => {
    const { code, out } = await gatepost('dns', 'show')
    expect(code).toBe(0)
    expect(out).toMatch(/^_imaps\._tcp\.example\.test\. IN SRV 0 1 9930 .+\.$/m)
    expect(await list('dns', 'show', 'example.test')).toContainEqual(
      expect.objectContaining({ name: 'example.test.', type: 'MX' }),
    )
    expect(await gatepost('dns', 'show', 'elsewhere.example')).toMatchObject({ code: 1 })
  })
})
