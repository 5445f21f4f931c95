import { once } from 'node:events'

import { LineClient } from '@gatepost/testkit'
import { request } from 'undici'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'

const proxyAddress = '127.0.0.9'
let server: TestServer

beforeEach(async () => {
  server = await TestServer.start({
    environment: {
      GATEPOST__PROXY__TRUSTED: proxyAddress,
      GATEPOST__LISTEN__MX__PROXY_PROTOCOL: 'true',
    },
  })
})
afterEach(() => server[Symbol.asyncDispose]())

/** A client whom the server sees under this address. */
async function comesFrom(address: string): Promise<void> {
  using client = new LineClient({ port: server.port('mx'), localAddress: proxyAddress })
  await once(client.socket, 'connect')
  client.send(`PROXY TCP4 ${address} 192.0.2.25 40000 25\r\n`)
  expect(await client.reply()).toMatch(/^220 /)
}
async function readiness(): Promise<unknown> {
  const url = `http://127.0.0.1:${server.port('admin')}/readyz`
  const { statusCode, body } = await request(url)
  expect(statusCode).toBe(200)
  return await body.json()
}
function warnings(): string[] {
  return server.logLines.filter((line) =>
    line.includes('every client comes from one private address'),
  )
}

it('when every client comes from one private gateway, that is said with the remedy: once in the log, and in /readyz', async () => {
  const gateway = '172.17.0.1'
  for (let count = 1; count < 20; count += 1) await comesFrom(gateway)
  expect(await readiness()).toMatchObject({
    status: 'ready',
    checks: { clients: { state: 'unknown', connections: 19, address: gateway } },
  })
  expect(warnings()).toEqual([])
  for (let count = 0; count < 3; count += 1) await comesFrom(gateway)
  expect(await readiness()).toMatchObject({
    status: 'degraded',
    checks: { clients: { state: 'suspicious', connections: 22, address: gateway } },
  })
  expect(warnings()).toHaveLength(1)
  expect(warnings()[0]).toContain(`"address":"${gateway}"`)
  expect(warnings()[0]).toMatch(/a ban would lock everybody out.*PROXY protocol/)

  await comesFrom('198.51.100.1')
  expect(await readiness()).toMatchObject({
    status: 'ready',
    checks: { clients: { state: 'real', connections: 23, address: null } },
  })
})
