import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openStore, verifyStore } from '@gatepost/store-sqlite'

import { randomOf } from './random-of.ts'
import { messagesOf } from './stored-messages.ts'
import { FileHistory } from './torn-files.ts'
import { markedMessage, type TracedLoad, traceLoad } from './traced-load.ts'

export interface PowerLossOptions {
  /** Moments at which the power goes. */
  readonly moments: number
  readonly seed: number
  readonly onMoment?: (moment: number) => void
}

export interface PowerLossReport {
  readonly moments: number
  /** Messages and keywords. */
  readonly acknowledged: number
  /** Writes that were not flushed and are gone, or there in part: of all moments. */
  readonly lost: number
  readonly torn: number
  readonly problems: readonly string[]
}

/**
 * Keeps all that a server writes under load, and makes of it the files as they may be when the power goes at any moment: what was flushed is there, of
 * the rest something or nothing. Looks each time whether anything that had been acknowledged by then is missing.
 */
export async function powerLosses(options: PowerLossOptions): Promise<PowerLossReport> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-power-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const random = randomOf(options.seed)
  const load = await traceLoad(folder, random)
  const history = new FileHistory(load.calls, load.after)
  const problems = incompleteRecord(load, history, join(folder, 'whole'))
  const answers = load.acknowledged.map(({ at }) => at).filter((at) => at >= load.begin)
  const places = history.places.filter((at) => at >= load.begin)
  let lost = 0
  let torn = 0
  for (let moment = 1; moment <= options.moments && problems.length === 0; moment += 1) {
    const until = pick(random() < 0.5 ? answers : places, random)
    const copy = join(folder, 'copy')
    cpSync(load.before, copy, { recursive: true })
    const losses = history.replay(copy, until, random)
    lost += losses.lost
    torn += losses.torn
    const found = await inspect(copy, load, until)
    problems.push(...found.map((problem) => `power lost at ${until}: ${problem}`))
    rmSync(copy, { recursive: true })
    options.onMoment?.(moment)
  }
  return {
    moments: options.moments,
    acknowledged: load.acknowledged.length,
    lost,
    torn,
    problems,
  }
}

/** Everything done again has to make the files that the server has made: else the record is no proof of anything. */
function incompleteRecord(load: TracedLoad, history: FileHistory, copy: string): string[] {
  cpSync(load.before, copy, { recursive: true })
  history.replay(copy, Infinity, () => 0)
  history.settle(copy, load.after)
  const problems = ['gatepost.sqlite', 'gatepost.sqlite-wal']
    .filter((name) => !readFileSync(join(copy, name)).equals(readFileSync(join(load.after, name))))
    .map((name) => `the record of ${name} is not complete`)
  rmSync(copy, { recursive: true })
  return problems
}

async function inspect(dataFolder: string, load: TracedLoad, until: number): Promise<string[]> {
  await using store = await openStore({ dataFolder, localDomains: ['example.test'] })
  const found = await messagesOf(store)
  await store[Symbol.asyncDispose]()
  const { problems } = await verifyStore({ dataFolder, isDeep: true })
  const keywords = new Set(found.get(markedMessage)?.[0]?.keywords)
  const missing = load.acknowledged
    .filter(({ name, at }) => at <= until && !found.has(name) && !keywords.has(name))
    .map(({ name }) => `${name} is missing`)
  const inParts = [...found]
    .filter(([name, copies]) => copies.length > 1 || copies[0]?.content !== load.contents.get(name))
    .map(([name, copies]) => `${name}: ${copies.length} times, or other bytes`)
  return [...missing, ...inParts, ...problems.map((one) => JSON.stringify(one))]
}

function pick(places: readonly number[], random: () => number): number {
  return places[Math.floor(random() * places.length)] ?? 0
}
