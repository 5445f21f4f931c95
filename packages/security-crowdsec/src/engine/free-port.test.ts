import { createServer } from 'node:net'

import { expect, it } from 'vitest'

import { freePort } from './free-port.ts'

it('the engine did not start: a port from those that the system gives to clients was taken before it listened', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  // The first of Linux; others begin higher.
  expect(Math.max(...ports)).toBeLessThan(32_768)
})

it('one can listen on it', async () => {
  await using server = createServer()
  const port = await freePort()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  expect(server.address()).toMatchObject({ port })
})
