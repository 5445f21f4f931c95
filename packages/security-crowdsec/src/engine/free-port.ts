import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the ports that a system gives to clients and for port 0 (Linux: from 32768 on): one of those may be given away before the program listens.
const lowest = 20_000
const highest = 32_000
const maxTries = 100

/** A port on loopback that nobody listens on: for a program that cannot be told to take any. @throws Error when there is none */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) return port
  }
  throw new Error(`no port between ${lowest} and ${highest} is free on 127.0.0.1`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
  })
  if (isListening) await new Promise((resolve) => server.close(resolve))
  return isListening
}
