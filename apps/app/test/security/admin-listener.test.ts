import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'

import { newAppPassword } from '@gatepost/auth'
import { LineClient } from '@gatepost/testkit'
import { afterEach, describe, expect, it } from 'vitest'

import { runCommand } from '../support/run-command.ts'
import { password, TestServer } from '../support/test-server.ts'

let server: TestServer | undefined

afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  server = undefined
})

interface Asked {
  /** Named by a PROXY header; left out: a program on this machine. */
  readonly from?: string
  readonly authorization?: string
}

async function ask(
  of: TestServer,
  path: string,
  { from, authorization }: Asked = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const socket = connect(of.port('admin'), '127.0.0.1')
  if (from !== undefined) socket.write(`PROXY TCP4 ${from} 192.0.2.200 40000 8081\r\n`)
  const fields = ['Host: localhost', 'Connection: close']
  if (authorization !== undefined) fields.push(`Authorization: ${authorization}`)
  socket.write([`GET ${path} HTTP/1.1`, ...fields, '', ''].join('\r\n'))
  const text = await textOf(socket)
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }
}

function tokenOf({ config }: TestServer): string {
  return `Bearer ${readFileSync(join(config.data, 'admin-token'), 'utf8').trim()}`
}

const behindProxy = {
  GATEPOST__PROXY__TRUSTED: '127.0.0.1',
  GATEPOST__LISTEN__ADMIN__PROXY_PROTOCOL: 'true',
}
const secrets = ['/metrics', '/crowdsec/status', '/crowdsec/decisions', '/crowdsec/simulation']

describe('the admin listener, which anybody who reached it could read', () => {
  it('shows strangers that the server lives and takes mail, and nothing else', async () => {
    server = await TestServer.start({ environment: behindProxy })
    const from = '198.51.100.7'
    expect((await ask(server, '/healthz', { from })).status).toBe(200)
    const ready = await ask(server, '/readyz', { from })
    expect(ready.status).toBe(200)
    expect(ready.text).not.toContain('checks')
    for (const path of secrets) expect((await ask(server, path, { from })).status).toBe(401)
  })

  it('takes its token in networks of one’s own, and nowhere in the clear', async () => {
    server = await TestServer.start({ environment: behindProxy })
    const authorization = tokenOf(server)
    for (const path of ['/metrics', '/crowdsec/status', '/crowdsec/decisions'])
      expect((await ask(server, path, { from: '10.1.2.3', authorization })).status).toBe(200)
    expect((await ask(server, '/readyz', { from: '10.1.2.3', authorization })).text).toContain(
      'checks',
    )
    expect((await ask(server, '/metrics', { from: '198.51.100.7', authorization })).status).toBe(
      403,
    )
    const wrong = `Bearer ${'0'.repeat(64)}`
    expect((await ask(server, '/metrics', { from: '10.1.2.3', authorization: wrong })).status).toBe(
      403,
    )
    expect(server.securityLines.join('')).toContain('"198.51.100.7"')
  })

  it('asks programs on this machine too where it is told to, and the command line knows what to say', async () => {
    server = await TestServer.start({ environment: { GATEPOST__ADMIN__LOGIN: 'always' } })
    for (const path of secrets) expect((await ask(server, path)).status).toBe(401)
    expect((await ask(server, '/healthz')).status).toBe(200)
    const authorization = tokenOf(server)
    expect((await ask(server, '/metrics', { authorization })).status).toBe(200)
    const config = join(server.folder, 'gatepost.toml')
    writeFileSync(
      config,
      `data = "${server.config.data}"\n[listen.admin]\naddress = "127.0.0.1:${server.port('admin')}"\n`,
    )
    expect(await runCommand(config, ['crowdsec', 'status', '--json'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('"off"') as string,
    })
  })

  it('lets administrators in by their password, and nobody else who has one', async () => {
    server = await TestServer.start({ environment: { GATEPOST__ADMIN__LOGIN: 'always' } })
    await server.running.store.directory.setRoles('you@example.test', ['admin'])
    const as = (user: string, secret = password): Promise<{ readonly status: number }> =>
      ask(server as TestServer, '/metrics', {
        authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
      })
    expect((await as('you@example.test')).status).toBe(200)
    expect((await as('me@example.test')).status).toBe(403)
    expect((await as('you@example.test', 'wrong')).status).toBe(401)
    // An app password of his reads mail, and is in a phone.
    const { text, ...hashed } = await newAppPassword()
    const protocols = new Set(['http'] as const)
    await server.running.store.directory.addAppPassword('you@example.test', {
      name: 'phone',
      protocols,
      ...hashed,
    })
    expect((await as('you@example.test', text)).status).toBe(403)
    expect((await ask(server, '/metrics', { authorization: `Bearer ${text}` })).status).toBe(403)
    expect(server.securityLines.join('')).toMatch(/"auth_failed".*"you@example\.test"/)
  })
})

it('a crowd at the other listeners took the places of the admin listener', async () => {
  server = await TestServer.start({ environment: { GATEPOST__LIMITS__CONNECTIONS: '4' } })
  using crowd = new DisposableStack()
  for (let at = 1; at <= 8; at += 1) {
    const client = crowd.use(
      new LineClient({ port: server.port('mx'), localAddress: `127.0.0.${at}` }),
    )
    await client.line()
  }
  expect((await ask(server, '/readyz')).status).toBe(200)
})
