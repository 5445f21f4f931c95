import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { GatepostProcess, type ProcessOptions } from './support/gatepost-process.ts'

let folder: string
let resources: AsyncDisposableStack

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'gatepost-first-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

function start(options: Partial<ProcessOptions> = {}): GatepostProcess {
  return resources.use(new GatepostProcess({ folder, ...options }))
}

describe('the first start, without a configuration', () => {
  it('makes data, certificate and an account, and says how to use them and what is not protected', async () => {
    const server = start()
    const banner = await server.ready()
    const secret = readFileSync(join(folder, 'data/initial-password'), 'utf8').trim()
    expect(secret).toMatch(/^[\w-]{20}$/)
    expect(statSync(join(folder, 'data/initial-password')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data/tls/key.pem')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700)
    expect(banner).toContain('me@example.test')
    expect(banner).toContain(secret)
    expect(banner).toMatch(/NOT PROTECTED: no CrowdSec/)
    expect(banner).toMatch(/NOT PROTECTED: the certificate is self-signed/)
    expect(banner).toContain('npm start -- --config')
    for (const what of [
      'SMTP  mail from',
      'SMTP  sending, STARTTLS',
      'SMTP  sending, TLS',
      'IMAP  STARTTLS',
      'IMAP  TLS',
      'JMAP  http',
      'admin',
    ])
      expect(server.port(what)).toBeGreaterThan(0)

    using client = new LineClient({ port: server.port('SMTP  sending, TLS'), isImplicitTls: true })
    await client.reply()
    await client.ask('EHLO client.example')
    expect(
      await client.ask(
        `AUTH PLAIN ${Buffer.from(`\0me@example.test\0${secret}`).toString('base64')}`,
      ),
    ).toMatch(/^235/)
  })

  it('stops with code 0 on SIGTERM, and says good-bye to who is connected', async () => {
    const server = start()
    await server.ready()
    using client = new LineClient({ port: server.port('SMTP  mail from') })
    await client.reply()
    const stopped = server.stop('SIGTERM')
    expect(await client.reply()).toMatch(/^421 4\.3\.2/)
    expect(await stopped).toEqual({ code: 0, signal: null })
  })

  it('takes a signal that comes twice at once for one', async () => {
    const server = start()
    await server.ready()
    using client = new LineClient({ port: server.port('SMTP  mail from') })
    await client.reply()
    server.child.kill('SIGTERM')
    await client.reply()
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })
  })

  it('starts again with the same account, certificate and password, and shows the password no more', async () => {
    const first = start()
    await first.ready()
    const kept = ['initial-password', 'tls/certificate.pem'].map((name) =>
      readFileSync(join(folder, 'data', name), 'utf8'),
    )
    await first.stop()
    const second = start()
    expect(await second.ready()).not.toContain(kept[0]?.trim())
    expect(
      ['initial-password', 'tls/certificate.pem'].map((name) =>
        readFileSync(join(folder, 'data', name), 'utf8'),
      ),
    ).toEqual(kept)
  })

  it('refuses to run twice on the same data', async () => {
    await start().ready()
    const second = start()
    expect((await second.ended).code).toBe(1)
    expect(second.stderr).toMatch(/another server|in use|locked/i)
  })
})

describe('a configuration file', () => {
  it('is followed: listeners can be off, domains and data its own, no account is made', async () => {
    writeFileSync(
      join(folder, 'gatepost.toml'),
      'hostname = "mx.example.org"\ndomains = ["example.org"]\ndata = "store"\n[listen.imap]\nenabled = false\n[crowdsec]\nengine = "off"\n',
    )
    const server = start({ args: ['--config', 'gatepost.toml'] })
    const banner = await server.ready()
    expect(banner).not.toContain('IMAP  STARTTLS')
    expect(banner).not.toContain('Password')
    expect(statSync(join(folder, 'store')).isDirectory()).toBe(true)
    using client = new LineClient({ port: server.port('SMTP  mail from') })
    expect(await client.reply()).toMatch(/^220 mx\.example\.org /)
  })

  it.each([
    [
      'an unknown key',
      '\n[listen.mx]\nadress = "x:1"\n',
      /gatepost\.toml:3: unknown key "adress" in \[listen\.mx\]; did you mean "address"\?/,
    ],
    [
      'a wrong value',
      'domains = ["not a domain"]\n',
      /gatepost\.toml:1: domains\.0: .*not a domain/,
    ],
    ['broken TOML', 'hostname = \n', /gatepost\.toml:1: /],
    [
      'half of TLS',
      '[tls]\ncertificate = "x.pem"\n',
      /gatepost\.toml:1: tls: certificate and key belong together/,
    ],
    [
      'a network that is none',
      '[proxy]\ntrusted = ["10.0.0.0/99"]\n',
      /gatepost\.toml:2: .*not an address or a network/,
    ],
    [
      'a Local API without a key',
      '[crowdsec]\nlapi_url = "http://127.0.0.1:8080"\n',
      /gatepost\.toml:2: .*needs api_key/,
    ],
  ])(
    'with %s ends with code 2 and one message, and nothing is changed',
    async (_name, text, message) => {
      writeFileSync(join(folder, 'gatepost.toml'), text)
      const server = start({ args: ['--config', 'gatepost.toml'] })
      expect((await server.ended).code).toBe(2)
      expect(server.stderr).toMatch(message)
      expect(server.stderr).not.toContain('    at ')
      expect(() => statSync(join(folder, 'data'))).toThrow('ENOENT')
    },
  )

  it('that is not there ends with code 2', async () => {
    const server = start({ args: ['--config', 'nowhere.toml'] })
    expect((await server.ended).code).toBe(2)
    expect(server.stderr).toContain('nowhere.toml: no such file')
  })
})

it('says which port is taken', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  resources.defer(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : 0
  const server = start({ environment: { GATEPOST__LISTEN__MX__ADDRESS: `127.0.0.1:${port}` } })
  expect((await server.ended).code).toBe(1)
  expect(server.stderr).toContain(`127.0.0.1:${port}`)
  expect(server.stderr).toContain('another program has this port')
})
