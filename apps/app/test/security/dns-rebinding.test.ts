import { LineClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'

let server: TestServer

beforeAll(async () => {
  server = await TestServer.start({ environment: { GATEPOST__HTTP__HOSTS: 'gatepost' } })
})
afterAll(() => server[Symbol.asyncDispose]())

async function ask(
  lines: readonly string[],
  listener: 'admin' | 'http' = 'admin',
): Promise<string> {
  using client = new LineClient({ port: server.port(listener) })
  client.send([...lines, 'Connection: close', '', ''].join('\r\n'))
  const [status = ''] = await client.until(/^HTTP\/1\.1 /)
  return status
}

describe.each(['/metrics', '/crowdsec/decisions', '/readyz', '/crowdsec/status'])(
  'the admin listener, asked for %s',
  (path) => {
    it('by a page whose name was made to lead here is misdirected', async () => {
      expect(await ask([`GET ${path} HTTP/1.1`, 'Host: rebound.example:8081'])).toContain(' 421 ')
    })

    it.each(['127.0.0.1:8081', 'localhost', '[::1]:8081', 'mail.example.test', 'gatepost:8081'])(
      'answers as %s',
      async (host) => {
        expect(await ask([`GET ${path} HTTP/1.1`, `Host: ${host}`])).toContain(' 200 ')
      },
    )

    it.each(['GET', 'POST', 'PUT', 'OPTIONS'])('refuses %s of a foreign page', async (method) => {
      const lines = [
        `${method} ${path} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Origin: https://evil.example',
      ]
      expect(await ask(lines)).toContain(' 403 ')
    })
  },
)

it.each(['admin', 'http'] as const)('two Host fields are a bad request at %s', async (listener) => {
  const lines = ['GET /.well-known/jmap HTTP/1.1', 'Host: localhost', 'Host: evil.example']
  expect(await ask(lines, listener)).toContain(' 400 ')
})

it.each(['admin', 'http'] as const)(
  'the host of the absolute form counts instead of the field at %s',
  async (listener) => {
    const path = listener === 'admin' ? '/metrics' : '/'
    const lines = (target: string, host: string): string[] => [
      `GET http://${target}${path} HTTP/1.1`,
      `Host: ${host}`,
    ]
    expect(await ask(lines('evil.example', 'localhost'), listener)).toContain(' 421 ')
    expect(await ask(lines('localhost', 'localhost'), listener)).toContain(' 200 ')
    expect(await ask(lines('user@localhost', 'localhost'), listener)).toContain(' 400 ')
    const old = [`GET http://evil.example${path} HTTP/1.0`]
    expect(await ask(old, listener)).toContain(' 421 ')
  },
)

it('JMAP is not served to a foreign host either', async () => {
  const lines = ['GET /.well-known/jmap HTTP/1.1', 'Host: rebound.example']
  expect(await ask(lines, 'http')).toContain(' 421 ')
})
