import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openStore, verifyStore } from '@gatepost/store-sqlite'
import { ScriptedSmtpServer } from '@gatepost/testkit'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { Ledger } from './ledger.ts'
import { randomOf } from './random-of.ts'
import { messagesOf } from './stored-messages.ts'
import { runWorkload } from './workload.ts'

export interface KillRoundsOptions {
  readonly kills: number
  readonly seed: number
  readonly onRound?: (round: number, acknowledged: number) => void
}

export interface KillReport {
  readonly kills: number
  readonly acknowledged: number
  readonly sent: number
  /** More often than once at the other server: a message cut off after its last dot is sent again. */
  readonly sentTwice: number
  readonly problems: readonly string[]
}

/** Kills the server again and again while clients write on every door, and looks each time whether anything that was acknowledged is missing. */
export async function killRounds(options: KillRoundsOptions): Promise<KillReport> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-kill-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const sink = resources.use(await ScriptedSmtpServer.listen())
  const environment = { GATEPOST__OUTBOUND__RELAY: `127.0.0.1:${sink.port}` }
  const ledger = new Ledger()
  const random = randomOf(options.seed)
  const problems: string[] = []
  const start = async (): Promise<GatepostProcess> => {
    const server = new GatepostProcess({ folder, environment })
    await server.ready()
    return server
  }
  for (let round = 1; round <= options.kills && problems.length === 0; round += 1) {
    await using server = await start()
    const password = readFileSync(join(folder, 'data/initial-password'), 'utf8').trim()
    const ports = {
      mx: server.port('SMTP  mail from'),
      submissions: server.port('SMTP  sending, TLS'),
      imaps: server.port('IMAP  TLS'),
    }
    const work = runWorkload({ ports, password, ledger, round, random })
    // The moment of the kill is the test; anything between the first connection and some thousand writes.
    const timer = setTimeout(() => server.child.kill('SIGKILL'), 50 + random() * 800)
    await work
    clearTimeout(timer)
    await server.stop('SIGKILL')
    problems.push(...(await inspect(folder, ledger)))
    options.onRound?.(round, ledger.acknowledgedMessages)
  }
  const sent = await sendTheRest(await start(), folder, sink)
  const missing = ledger.acknowledgedSendings.filter((id) => !sent.has(id))
  problems.push(...missing.map((id) => `${id} was never sent`))
  return {
    kills: options.kills,
    acknowledged: ledger.acknowledgedMessages,
    sent: sent.size,
    sentTwice: sink.messages.length - sent.size,
    problems,
  }
}

/** Looks into the data folder of a dead server. */
async function inspect(folder: string, ledger: Ledger): Promise<string[]> {
  const dataFolder = join(folder, 'data')
  await using store = await openStore({ dataFolder, localDomains: ['example.test'], mode: 'tool' })
  // Counts, UIDs, modseqs, quota, bytes and the full-text index agree with a recount.
  const { problems } = await verifyStore({ dataFolder, isDeep: true })
  return [...ledger.settle(await messagesOf(store)), ...problems.map((one) => JSON.stringify(one))]
}

/** Lets a server that nobody kills empty the queue. Answers the subjects that reached the other side. */
async function sendTheRest(
  server: GatepostProcess,
  folder: string,
  sink: ScriptedSmtpServer,
): Promise<Set<string>> {
  await using running = server
  await using store = await openStore({
    dataFolder: join(folder, 'data'),
    localDomains: ['example.test'],
    mode: 'tool',
  })
  // What was leased when its server died is due when the lease ends; nobody waits that long here.
  while ((await store.queue.list(1)).length > 0) {
    await store.queue.retry()
    const before = sink.messages.length
    await Promise.race([
      sink.seen(() => sink.messages.length > before),
      once(AbortSignal.timeout(500), 'abort'),
    ])
  }
  await running.stop()
  return new Set(sink.messages.map(({ content }) => /^Subject: (\S+)/m.exec(content)?.[1] ?? ''))
}
