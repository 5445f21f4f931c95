/** How long a delivery and the reading of one account wait while another account runs the commands that write most. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { MessageChannel, Worker } from 'node:worker_threads'

import { newPassword } from '../../packages/auth/src/index.ts'
import { openStore } from '../../packages/store-sqlite/src/index.ts'
import { ImapClient } from '../../packages/testkit/src/imap-client.ts'
import { LineClient } from '../../packages/testkit/src/line-client.ts'
import { type GatepostServer, startGatepost } from './gatepost-server.ts'
import { JmapClient } from './jmap-client.ts'
import { plainMessage } from './messages.ts'
import { report } from './report.ts'
import { deliver } from './store.ts'

const secret = 'a password of the other account'
const messagesOfOther = 1000
/** The first two with nobody beside them, the first of all to warm up. */
const steps = [
  { name: 'nothing, cold', command: undefined },
  { name: 'nothing', command: undefined },
  { name: 'STORE', command: 'STORE 1:* +FLAGS (\\Seen work)' },
  { name: 'COPY', command: 'COPY 1:* Copies' },
  { name: 'MOVE', command: 'MOVE 1:* Moved' },
  { name: 'EXPUNGE', command: 'EXPUNGE', mailbox: 'Copies' },
] as const
const idleMs = 3000
/** Between an answer and the next question: many that wait for each other are another measurement. */
const pauseMs = 10

export async function benchCommands(messages: number): Promise<void> {
  await using server = await startGatepost()
  await fill(server, messages)
  const password = readFileSync(join(server.folder, 'initial-password'), 'utf8').trim()
  const login = `LOGIN me@example.test ${password}`
  await asked(server, [login, 'CREATE Copies', 'CREATE Moved'])
  for (const { name, command, ...step } of steps) {
    const mailbox = 'mailbox' in step ? step.mailbox : 'INBOX'
    const select = [login, `SELECT ${mailbox}`]
    if (name === 'EXPUNGE') await asked(server, [...select, 'STORE 1:* +FLAGS (\\Deleted)'])
    const ended = new AbortController()
    const kinds = [deliveries(server), fetches(server), queries(server)]
    const waiting = Promise.all(kinds.map((kind) => waitsOf(kind, ended.signal)))
    const startedAt = performance.now()
    if (command === undefined) await pause(idleMs)
    else await asked(server, [...select, command])
    const seconds = (performance.now() - startedAt) / 1000
    ended.abort()
    for (const { what, waits } of await waiting)
      report({
        bench: 'commands',
        name: `longest wait of ${what} beside ${name}`,
        value: waits.at(-1) ?? 0,
        unit: 'ms',
        messages,
        count: waits.length,
        p50: percentile(waits, 0.5),
        p99: percentile(waits, 0.99),
        seconds: Math.round(seconds * 10) / 10,
        target: { atMost: 50 },
      })
  }
}

/** By a client in a thread of its own: to read the answers to 50,000 messages must not disturb what is measured. */
async function asked({ imaps }: GatepostServer, commands: readonly string[]): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const client = new Worker(new URL('./drain-client.ts', import.meta.url), {
    workerData: { port: imaps, commands, done: port2 },
    transferList: [port2],
  })
  port1.unref()
  await once(client, 'exit')
}

async function fill({ folder }: GatepostServer, messages: number): Promise<void> {
  await using store = await openStore({
    dataFolder: folder,
    localDomains: ['example.test'],
    mode: 'tool',
  })
  const [account] = await store.directory.listAccounts()
  if (account === undefined) throw new Error('no account')
  const other = await store.directory.addAccount('you@example.test', await newPassword(secret))
  await deliver({ store, account: account.id }, { from: 0, count: messages, bytes: 2048 })
  await deliver({ store, account: other.id }, { from: 0, count: messagesOfOther, bytes: 2048 })
}

/** What is done again and again. */
interface Kind extends Disposable {
  readonly what: string
  begin(): Promise<void>
  /** What is measured. */
  run(): Promise<void>
}

async function waitsOf(
  kind: Kind,
  signal: AbortSignal,
): Promise<{ readonly what: string; readonly waits: readonly number[] }> {
  using owned = kind
  await owned.begin()
  const waits: number[] = []
  while (!signal.aborted) {
    const startedAt = performance.now()
    await owned.run()
    waits.push(performance.now() - startedAt)
    await pause(pauseMs)
  }
  return { what: owned.what, waits: waits.toSorted((a, b) => a - b) }
}

function deliveries({ port }: GatepostServer): Kind {
  const client = new LineClient({ port })
  let number = 0
  const ask = async (line: string, code: string): Promise<void> => {
    const reply = await client.ask(line)
    if (!reply.startsWith(code)) throw new Error(`${line}: ${reply}`)
  }
  return {
    what: 'a delivery',
    begin: async () => {
      await client.reply()
      await ask('EHLO client.bench.test', '250')
    },
    run: async () => {
      number += 1
      client.send('MAIL FROM:<a@bench.test>\r\nRCPT TO:<you@example.test>\r\nDATA\r\n')
      for (let at = 0; at < 3; at += 1) await client.reply()
      client.send(
        plainMessage(number, 2048)
          .toString()
          .replaceAll(/\r(?!\n)|(?<!\r)\n/g, ''),
      )
      await ask('\r\n.', '250')
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

function fetches({ imaps }: GatepostServer): Kind {
  const client = new ImapClient({ port: imaps, isImplicitTls: true })
  return {
    what: 'FETCH 1:50 (FLAGS ENVELOPE)',
    begin: async () => {
      await client.response()
      await client.ok(`LOGIN you@example.test "${secret}"`)
      await client.ok('SELECT INBOX')
    },
    run: async () => {
      await client.ok('FETCH 1:50 (FLAGS ENVELOPE)')
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

function queries({ http }: GatepostServer): Kind {
  const client = new JmapClient(http, { user: 'you@example.test', password: secret })
  const sort = [{ property: 'receivedAt', isAscending: false }]
  return {
    what: 'Email/query',
    begin: () => client.begin(),
    run: async () => {
      await client.call('Email/query', { sort, limit: 50 })
    },
    [Symbol.dispose]: () => undefined,
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 100) / 100
}
