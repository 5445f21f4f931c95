import { ImapClient, LineClient } from '@gatepost/testkit'

import type { Ledger } from './ledger.ts'

export interface WorkloadOptions {
  readonly ports: { readonly mx: number; readonly submissions: number; readonly imaps: number }
  readonly password: string
  readonly ledger: Ledger
  /** Makes ids unique over all rounds. */
  readonly round: number
  readonly random: () => number
}

const user = 'me@example.test'

/** Clients on every door that write as fast as they are answered, until the server dies under them. */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const clients = [
    deliverForever(options, 'd1'),
    deliverForever(options, 'd2'),
    deliverForever(options, 'd3'),
    submitForever(options, 's1'),
    workForever(options, 'w1'),
    workForever(options, 'w2'),
  ]
  await Promise.all(clients.map((client) => client.catch(ignoreDeath)))
}

/** The only expected end of a client. */
function ignoreDeath(error: unknown): void {
  if (!(error instanceof Error) || !/closed|EPIPE|ECONN/.test(error.message)) throw error
}

function contentOf(id: string, random: () => number): string {
  // Some in several chunks, some compressible.
  const size = random() < 0.05 ? 400_000 : Math.floor(random() * 8000)
  const body = id.repeat(Math.ceil(size / id.length)).replaceAll(/(.{70})/g, '$1\r\n')
  return `Subject: ${id}\r\nFrom: ${user}\r\nMessage-ID: <${id}@fault.test>\r\n\r\n${body}\r\n`
}

async function deliverForever(
  { ports, ledger, round, random }: WorkloadOptions,
  name: string,
): Promise<void> {
  using client = new LineClient({ port: ports.mx })
  await client.reply()
  await expectReply(client, 'EHLO client.example', 250)
  for (let number = 0; ; number += 1) {
    const id = `r${round}-${name}-${number}`
    const content = contentOf(id, random)
    await expectReply(client, 'MAIL FROM:<a@example.org>', 250)
    await expectReply(client, `RCPT TO:<${user}>`, 250)
    await expectReply(client, 'DATA', 354)
    ledger.begin(id, content, { place: 'INBOX', isFlagged: false })
    client.send(content)
    await expectReply(client, '.', 250)
    ledger.acknowledge(id)
  }
}

/** Mail for elsewhere: it goes into the queue. */
async function submitForever(
  { ports, ledger, round, password }: WorkloadOptions,
  name: string,
): Promise<void> {
  using client = new LineClient({ port: ports.submissions, isImplicitTls: true })
  await client.reply()
  await expectReply(client, 'EHLO client.example', 250)
  const token = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await expectReply(client, `AUTH PLAIN ${token}`, 235)
  for (let number = 0; ; number += 1) {
    const id = `r${round}-${name}-${number}`
    await expectReply(client, `MAIL FROM:<${user}>`, 250)
    await expectReply(client, 'RCPT TO:<you@elsewhere.example>', 250)
    await expectReply(client, 'DATA', 354)
    ledger.beginSending(id)
    client.send(`Subject: ${id}\r\nFrom: ${user}\r\n\r\nfor elsewhere\r\n`)
    await expectReply(client, '.', 250)
    ledger.acknowledgeSending(id)
  }
}

/** A mail program: stores a message, then flags it, moves it, or deletes it. */
async function workForever(
  { ports, ledger, round, random, password }: WorkloadOptions,
  name: string,
): Promise<void> {
  using client = new ImapClient({ port: ports.imaps, isImplicitTls: true })
  await client.response()
  await client.ok(`LOGIN ${user} ${password}`)
  await client.ok('SELECT INBOX')
  for (let number = 0; ; number += 1) {
    const id = `r${round}-${name}-${number}`
    const content = contentOf(id, random)
    ledger.begin(id, content, { place: 'INBOX', isFlagged: false })
    const { status } = await client.ok(`APPEND INBOX {${content.length}}`, content)
    ledger.acknowledge(id)
    const uid = /APPENDUID \d+ (\d+)/.exec(status)?.[1] ?? ''
    if (random() < 0.5) {
      ledger.ask(id, { isFlagged: true })
      await client.ok(`UID STORE ${uid} +FLAGS.SILENT (\\Flagged)`)
      ledger.acknowledge(id)
    }
    const what = random()
    if (what < 0.4) {
      ledger.ask(id, { place: 'Archive' })
      await client.ok(`UID MOVE ${uid} Archive`)
      ledger.acknowledge(id)
    } else if (what < 0.6) {
      await client.ok(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`)
      ledger.ask(id, { place: 'nowhere' })
      await client.ok(`UID EXPUNGE ${uid}`)
      ledger.acknowledge(id)
    }
  }
}

async function expectReply(client: LineClient, line: string, code: number): Promise<void> {
  const reply = await client.ask(line)
  if (!reply.startsWith(String(code))) throw new Error(`${line}: ${reply}`)
}
