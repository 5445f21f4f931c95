import { beginData, type LineClient } from '@gatepost/testkit'
import { afterEach, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
afterEach(() => smtp[Symbol.asyncDispose]())

async function inData(localAddress: string): Promise<LineClient> {
  const client = await smtp.session('mx', { localAddress })
  expect(await beginData(client)).toMatch(/^354 /)
  return client
}

const line = `${'x'.repeat(62)}\r\n`

/** Messages of 6,400 bytes from one address: all have come, then each is ended. */
async function sendTogether(
  count: number,
): Promise<{ readonly held: readonly LineClient[]; readonly replies: readonly string[] }> {
  const held: LineClient[] = []
  for (let at = 0; at < count; at += 1) held.push(await inData('127.0.0.2'))
  // No dot yet: whatever comes in first is still held when the last does.
  for (const client of held) client.send(line.repeat(100))
  // Answered in turns of the loop behind the one that read the data.
  const other = await smtp.session('mx', { localAddress: '127.0.0.4' })
  for (let turn = 0; turn < 3; turn += 1) await other.ask('NOOP')
  const replies = []
  for (const client of held) replies.push(await client.ask('.'))
  return { held, replies }
}

it('nine connections of one address that hold all they may keep nobody else out, and are seen', async () => {
  smtp = await SmtpFixture.open({ maxBytesInFlight: 64_000, maxMessageBytes: 8000 })
  const { held, replies } = await sendTogether(9)
  const refused = replies.filter((reply) => reply.startsWith('452 4.3.1 '))
  expect(replies.length - refused.length).toBeLessThanOrEqual(2)
  expect(smtp.security.of('connectionLimited')).toMatchObject(
    refused.map(() => ({ context: { ip: '127.0.0.2' }, event: { kind: 'data', open: 9 } })),
  )
  const honest = await inData('127.0.0.3')
  expect(await honest.ask(`${line.repeat(100)}.`)).toMatch(/^250 /)
  // What was refused, and what was delivered, is given back.
  for (const client of held) client[Symbol.dispose]()
})

it('a server that brings four large messages at once is told to wait, and not to the security log', async () => {
  smtp = await SmtpFixture.open({ maxBytesInFlight: 64_000, maxMessageBytes: 8000 })
  const { replies } = await sendTogether(4)
  expect(replies.filter((reply) => reply.startsWith('452 4.3.1 '))).not.toEqual([])
  expect(smtp.security.of('connectionLimited')).toEqual([])
})

it('memory comes back after messages, refusals and clients that go', async () => {
  smtp = await SmtpFixture.open({ maxBytesInFlight: 8000, maxMessageBytes: 8000 })
  for (let count = 0; count < 20; count += 1) {
    const sent = await inData('127.0.0.2')
    expect(await sent.ask(`${line.repeat(40)}.`)).toMatch(/^250 /)
    const gone = await inData('127.0.0.2')
    gone.send(line.repeat(40))
    gone.socket.end()
    await gone.closed()
    const large = await inData('127.0.0.2')
    expect(await large.ask(`${line.repeat(200)}.`)).toMatch(/^(?:552 5\.3\.4|452 4\.3\.1) /)
  }
})

it('data that does not come ends the session, with an event, and its memory is free at once', async () => {
  smtp = await SmtpFixture.open({
    maxBytesInFlight: 8000,
    maxMessageBytes: 8000,
    // Long enough for the second client on a busy machine.
    dataPatienceMs: 1000,
  })
  const client = await inData('127.0.0.2')
  client.send(line.repeat(40))
  expect(await client.reply()).toMatch(/^421 4\.4\.2 /)
  expect(smtp.security.of('slowClient')).toMatchObject([{ event: { kind: 'data' } }])
  const next = await inData('127.0.0.2')
  expect(await next.ask(`${line.repeat(40)}.`)).toMatch(/^250 /)
  await client.closed()
  expect(smtp.warnings).toEqual([])
})

it('a message without an end is told that it is too large, and cut off', async () => {
  smtp = await SmtpFixture.open({ maxMessageBytes: 1000, dataPatienceMs: 50 })
  const client = await inData('127.0.0.2')
  client.send(line.repeat(100))
  expect(await client.reply()).toMatch(/^552 5\.3\.4 /)
  await client.closed()
  expect(smtp.received).toEqual([])
})

it('a session that is over its time ends behind the message that is on its way', async () => {
  smtp = await SmtpFixture.open({ sessionMs: 2000 })
  const client = await inData('127.0.0.2')
  const other = await smtp.session('mx', { localAddress: '127.0.0.3' })
  // Opened later, without a message: when its time is over, that of the first is too.
  expect(await other.reply()).toMatch(/^421 4\.4\.2 Session/)
  expect(await client.ask('hello\r\n.')).toMatch(/^250 /)
  expect(await client.reply()).toMatch(/^421 4\.4\.2 Session/)
  await client.closed()
})

it('bytes of a command that never ends do not keep a session', async () => {
  smtp = await SmtpFixture.open({ idleMs: 200 })
  const client = smtp.client('mx')
  await client.reply()
  const drip = setInterval(() => client.send('N'), 20)
  try {
    expect(await client.reply()).toMatch(/^421 .*Timeout/)
    expect(smtp.security.of('slowClient')).toMatchObject([{ event: { kind: 'command' } }])
  } finally {
    clearInterval(drip)
  }
})

it('a message that comes byte by byte is whole', async () => {
  smtp = await SmtpFixture.open()
  const client = await inData('127.0.0.2')
  client.socket.setNoDelay(true)
  const text = `Subject: x\r\n\r\n${line.repeat(3)}`
  for (const byte of text)
    await new Promise<void>((resolve) => client.socket.write(byte, () => resolve()))
  expect(await client.ask('.')).toMatch(/^250 /)
  expect(
    Buffer.from(smtp.received[0]?.content ?? '')
      .toString()
      .endsWith(text),
  ).toBe(true)
})
