/** What the server holds while many large messages come in at once. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

import { beginData } from '../../packages/testkit/src/begin-data.ts'
import { LineClient } from '../../packages/testkit/src/line-client.ts'
import { startGatepost } from './gatepost-server.ts'
import { report } from './report.ts'

const messageBytes = 30_000_000
/** A client that finds no room comes again, as mail servers do. */
const againMs = 500

export async function benchLarge(messages: number): Promise<void> {
  await using server = await startGatepost()
  const idleMb = server.peakMb()
  const body = textOf(messageBytes)
  const startedAt = performance.now()
  const tries = await Promise.all(
    Array.from({ length: messages }, (_, number) => send(server.port, { number, body })),
  )
  const seconds = (performance.now() - startedAt) / 1000
  report({
    bench: 'large',
    name: `peak memory, ${messages} messages at once`,
    value: server.peakMb(),
    unit: 'MB',
    messageBytes,
    idleMb: Math.round(idleMb),
    seconds: Math.round(seconds * 10) / 10,
    refusedForNow: tries.reduce((sum, count) => sum + count - 1, 0),
  })
}

/** Answers how often it tried. */
async function send(
  port: number,
  { number, body }: { readonly number: number; readonly body: Buffer },
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    // Each from an address of its own, and no more than two from a network.
    using client = new LineClient({
      port,
      localAddress: `127.0.${number >> 1}.${2 + (number & 1)}`,
    })
    await client.reply()
    await client.ask('EHLO client.bench.test')
    await beginData(client)
    const { socket } = client
    client.send(`Subject: large ${number}\r\nMessage-ID: <${number}@bench.test>\r\n\r\n`)
    for (let at = 0; at < body.length; at += 65_536)
      if (!socket.write(body.subarray(at, at + 65_536))) await once(socket, 'drain')
    const reply = await client.ask('.')
    if (reply.startsWith('250')) return tries
    if (!reply.startsWith('4')) throw new Error(reply)
    await pause(againMs)
  }
}

/** As an attachment is written: base64 in lines. */
function textOf(bytes: number): Buffer {
  const text = randomBytes(Math.floor((bytes * 57) / 78)).toString('base64')
  return Buffer.from(`${text.match(/.{1,76}/g)?.join('\r\n')}\r\n`)
}
