import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'

import { LineClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { password, TestServer } from '../support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start({
    environment: {
      GATEPOST__DOMAINS: 'example.test, other.test',
      GATEPOST__AUTOCONFIG__IMAPS_PORT: '993',
      GATEPOST__AUTOCONFIG__SUBMISSIONS_PORT: '465',
    },
    accounts: ['alice@example.test', 'twin@example.test', 'twin@other.test'],
  })
})
afterAll(() => server[Symbol.asyncDispose]())

async function get(isTls: boolean, host: string, path: string): Promise<[number, string]> {
  const port = server.port(isTls ? 'https' : 'http')
  const options = { host: '127.0.0.1', port, path, headers: { host }, agent: false as const }
  const sent = (isTls ? secure({ ...options, rejectUnauthorized: false }) : plain(options)).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return [response.statusCode ?? 0, text]
}
function events(): { event: string; reason?: string; user?: string; kind?: string }[] {
  return server.securityLines
    .splice(0)
    .map((line) => JSON.parse(line) as { event: string; reason?: string; user?: string })
}
async function loginAs(name: string): Promise<string> {
  using client = new LineClient({ port: server.port('imaps'), isImplicitTls: true })
  await client.until(/^\* OK /)
  client.send(`a LOGIN ${name} "${password}"\r\n`)
  return (await client.until(/^a /)).at(-1) ?? ''
}

describe.each([false, true])('autoconfiguration, over TLS: %s', (isTls) => {
  it.each(['example.test', 'other.test'])('finds the servers of %s', async (domain) => {
    for (const [host, path] of [
      [`autoconfig.${domain}`, `/mail/config-v1.1.xml?emailaddress=alice%40${domain}`],
      [domain, '/.well-known/autoconfig/mail/config-v1.1.xml'],
    ] as const) {
      const [status, text] = await get(isTls, host, path)
      expect(status).toBe(200)
      expect(text).toContain(`<domain>${domain}</domain>`)
      expect(text).toContain('<hostname>mail.example.test</hostname>')
    }
    const [, text] = await get(
      isTls,
      `ua-auto-config.${domain}`,
      '/.well-known/user-agent-configuration.json',
    )
    expect(JSON.parse(text)).toMatchObject({ authentication: { password: true } })
    expect(events()).toEqual([])
  })
})

describe('a mail program that guesses the name of its user', () => {
  it('gets in with the local part where one account has it', async () => {
    expect(await loginAs('alice')).toMatch(/^a OK /)
    expect(events()).toMatchObject([{ event: 'auth_success', user: 'alice@example.test' }])
  })

  it.each(['twin', 'alice@mail.example.test'])(
    'as %s is refused, and is not taken for one that searches for accounts',
    async (name) => {
      expect(await loginAs(name)).toMatch(/^a NO /)
      expect(events()).toMatchObject([{ event: 'auth_failed', reason: 'incomplete_user' }])
    },
  )
})
