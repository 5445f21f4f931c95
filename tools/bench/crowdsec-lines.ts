/** How fast the real engine takes our security events, beside a parser set of the shape that Apache James ships: many extractions and groks a line. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

import { writeEngineFolder } from '../../packages/security-crowdsec/src/engine/engine-folder.ts'
import {
  isAnswering,
  isFollowing,
} from '../../packages/security-crowdsec/src/engine/engine-signs.ts'
import {
  engineEnvironment,
  findEngine,
  freePort,
  type Engine,
} from '../../packages/security-crowdsec/src/engine/index.ts'
import { KeptProcess } from '../../packages/security-crowdsec/src/engine/kept-process.ts'
import { register } from '../../packages/security-crowdsec/src/engine/register.ts'
import { gatepostLines, jamesLines, writeJamesShape } from './crowdsec-line-sets.ts'
import { report } from './report.ts'

interface Variant {
  readonly name: string
  readonly collection: string
  readonly lines: (count: number) => string
  readonly atLeast?: number
}

const rounds = 3
const pollMs = 100
const stuckMs = 20_000
const ownCollection = join(import.meta.dirname, '../../crowdsec')

/** Needs the engine: `npm run crowdsec:fetch`. */
export async function benchCrowdsecLines(count: number): Promise<void> {
  const engine = await findEngine(process.env)
  if (engine === undefined) throw new Error('there is no engine: npm run crowdsec:fetch')
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-lines-'))
  try {
    const james = join(folder, 'james-shape')
    writeJamesShape(james, readFileSync(join(ownCollection, 'profiles/gatepost.yaml'), 'utf8'))
    const variants: readonly Variant[] = [
      { name: 'our collection', collection: ownCollection, lines: gatepostLines, atLeast: 10_000 },
      { name: 'the shape of James', collection: james, lines: jamesLines },
    ]
    for (const variant of variants) await benchVariant(engine, variant, { count, folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function benchVariant(
  engine: Engine,
  variant: Variant,
  { count, folder }: { readonly count: number; readonly folder: string },
): Promise<void> {
  const timings: Timing[] = []
  const lines = variant.lines(count)
  for (let round = 0; round < rounds; round += 1) {
    const own = mkdtempSync(join(folder, 'engine-'))
    timings.push(await timeOf(engine, { variant, lines, count, folder: own }))
  }
  const rates = timings.map(({ wallMs }) => (count * 1000) / wallMs).toSorted((a, b) => a - b)
  const cpu = timings.map(({ cpuMs }) => (cpuMs * 1000) / count).toSorted((a, b) => a - b)
  report({
    bench: 'crowdsec-lines',
    name: `lines a second through the engine: ${variant.name}`,
    // What disturbs a run only ever makes it slower.
    value: rates.at(-1) ?? 0,
    unit: 'lines/s',
    least: Math.round(rates[0] ?? 0),
    cpuMicrosPerLine: Math.round(cpu[0] ?? 0),
    engine: engine.version,
    lines: count,
    bytesPerLine: Math.round(lines.length / count),
    ...(variant.atLeast === undefined ? {} : { target: { atLeast: variant.atLeast } }),
  })
}

interface Run {
  readonly variant: Variant
  readonly lines: string
  readonly count: number
  readonly folder: string
}

interface Timing {
  /** From the first byte in the file until the last line has been parsed. */
  readonly wallMs: number
  /** Of the engine. What else the machine does changes it less. */
  readonly cpuMs: number
}

async function timeOf(engine: Engine, { variant, lines, count, folder }: Run): Promise<Timing> {
  const securityFile = join(folder, 'security.ndjson')
  writeFileSync(securityFile, '')
  const [lapiPort, metricsPort] = [await freePort(), await freePort()]
  const { collection } = variant
  const configFile = writeEngineFolder({
    engine,
    folder,
    collection,
    securityFile,
    lapiPort,
    banDuration: '4h',
  })
  const config = readFileSync(configFile, 'utf8').replace(
    /prometheus:\n +enabled: false/,
    `prometheus: {enabled: true, level: aggregated, listen_addr: 127.0.0.1, listen_port: ${metricsPort}}`,
  )
  writeFileSync(configFile, config)
  const lapi = { url: `http://127.0.0.1:${lapiPort}`, apiKey: 'bench' }
  await register({ engine, folder, configFile, lapi })
  const logFile = join(folder, 'engine.log')
  const running = new KeptProcess({
    program: engine.crowdsec,
    args: ['-c', configFile],
    environment: engineEnvironment(engine),
    pidFile: join(folder, 'pid'),
    logFile,
  })
  try {
    while (!isFollowing(running.pid, securityFile, logFile) || !(await isAnswering(lapi.url)))
      await pause(pollMs)
    const [startedAt, cpuBefore] = [performance.now(), cpuMsOf(running.pid)]
    const written = appendFile(securityFile, lines)
    await allParsed(metricsPort, count)
    const timing = {
      wallMs: performance.now() - startedAt,
      cpuMs: cpuMsOf(running.pid) - cpuBefore,
    }
    await written
    return timing
  } finally {
    await running.stop(5000)
  }
}

/** User and system time (proc(5), fields 14 and 15, in hundredths of a second). */
function cpuMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** @throws Error when nothing moves any more */
async function allParsed(port: number, count: number): Promise<void> {
  let [parsed, movedAt] = [0, performance.now()]
  while (parsed < count) {
    await pause(pollMs)
    const now = await parsedLines(port)
    if (now > parsed) movedAt = performance.now()
    else if (performance.now() - movedAt > stuckMs)
      throw new Error(`the engine parsed ${parsed} of ${count} lines and no more`)
    parsed = now
  }
}

async function parsedLines(port: number): Promise<number> {
  const response = get(`http://127.0.0.1:${port}/metrics`)
  const [body] = (await once(response, 'response')) as [IncomingMessage]
  const counters = (await text(body)).matchAll(/^cs_parser_hits_ok_total\{.*\} (\S+)$/gm)
  return [...counters].reduce((sum, [, value]) => sum + Number(value), 0)
}
