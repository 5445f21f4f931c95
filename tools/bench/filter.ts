/** The connection filter: look-ups, memory, and how long a first list of decisions takes and keeps the event loop from turning. */
import { once } from 'node:events'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { parseIp, systemClock, type IpAddress } from '../../packages/core/src/index.ts'
import { DecisionStreamParser } from '../../packages/security-crowdsec/src/filter/stream/decision-stream-parser.ts'
import { applyBatch } from '../../packages/security-crowdsec/src/filter/table/apply-batch.ts'
import { DecisionTable } from '../../packages/security-crowdsec/src/filter/table/decision-table.ts'
import {
  CrowdsecFilter,
  Exemptions,
  LapiClient,
} from '../../packages/security-crowdsec/src/index.ts'
import { PrometheusMetrics, silentLogger } from '../../packages/telemetry/src/index.ts'
import { decisionList, valueOf } from './filter-list.ts'
import { report } from './report.ts'

const pieceBytes = 65_536

export async function benchFilter(count: number): Promise<void> {
  const body = Buffer.from(decisionList(count))
  await benchLoad(body, count)
  await benchMemory(body, count)
  await benchOverHttp(count)
}

/** As it comes from a socket: a piece a turn. The best of five. */
async function benchLoad(body: Buffer, count: number): Promise<void> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    await load(body)
    best = Math.min(best, performance.now() - startedAt)
  }
  report({
    bench: 'filter',
    name: 'load of a list',
    value: best,
    unit: 'ms',
    decisions: count,
    bytes: body.length,
    target: { atMost: (150 * count) / 100_000 },
  })
}

async function load(body: Buffer): Promise<DecisionTable> {
  const parser = new DecisionStreamParser()
  for (let at = 0; at < body.length; at += pieceBytes) {
    parser.push(body.subarray(at, at + pieceBytes))
    await nextTurn()
  }
  const table = new DecisionTable({ clock: systemClock })
  await applyBatch({ table, batch: parser.finish(), isFull: true, change: undefined })
  return table
}

async function benchMemory(body: Buffer, count: number): Promise<void> {
  const before = await usedBytes()
  const table = await load(body)
  const bytes = (await usedBytes()) - before
  report({
    bench: 'filter',
    name: 'memory of the table',
    value: bytes / 1_000_000,
    unit: 'MB',
    decisions: table.size,
    target: { atMost: (25 * count) / 100_000 },
  })
  benchLookUps(table, count)
}

function benchLookUps(table: DecisionTable, count: number): void {
  const kinds: readonly (readonly [name: string, text: (number: number) => string])[] = [
    [
      'IPv4, decided',
      (number) => valueOf((number * 7919) % Math.floor(count * 0.94)).split('/')[0] ?? '',
    ],
    ['IPv4, not decided', (number) => `9.${number & 255}.${(number >> 8) & 255}.${number % 251}`],
    [
      'IPv6, not decided',
      (number) => `2001:db9:${(number & 0xffff).toString(16)}::${(number % 9973).toString(16)}`,
    ],
  ]
  for (const [name, text] of kinds) {
    const addresses = Array.from({ length: 50_000 }, (_, number) => parseIp(text(number))).filter(
      (address) => address !== undefined,
    )
    report({
      bench: 'filter',
      name: `look-up, ${name}`,
      value: bestNs(addresses, (address) => table.strongest(address)) / 1000,
      unit: 'µs',
      decisions: table.size,
      target: { atMost: 1 },
    })
  }
}

function bestNs(addresses: readonly IpAddress[], use: (address: IpAddress) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 10; round += 1) {
    const startedAt = performance.now()
    for (const address of addresses) use(address)
    best = Math.min(best, ((performance.now() - startedAt) * 1e6) / addresses.length)
  }
  return best
}

/** The real client against a server in another thread. */
async function benchOverHttp(count: number): Promise<void> {
  const server = new Worker(new URL('./filter-list.ts', import.meta.url), { workerData: { count } })
  const [port] = (await once(server, 'message')) as [number]
  const first: Load[] = []
  const again: Load[] = []
  const checks: number[] = []
  for (let round = 0; round < 5; round += 1) {
    await using client = new LapiClient({
      url: `http://127.0.0.1:${port}`,
      apiKey: 'key',
      timeoutMs: 30_000,
      version: '0.0.0',
    })
    await using filter = new CrowdsecFilter({
      source: client,
      clock: systemClock,
      logger: silentLogger,
      metrics: new PrometheusMetrics(),
      pollMs: 3_600_000,
      reconcileMs: 0,
      downAfterMs: 60_000,
      exemptions: new Exemptions({ neverBan: [], allowList: [] }),
    })
    first.push(await timed(() => filter.start()))
    again.push(await timed(() => filter.poll()))
    checks.push(benchCheck(filter))
    if (filter.status().decisions !== count) throw new Error('the list did not come in')
  }
  await server.terminate()
  report({
    bench: 'filter',
    name: 'check of a client, not decided',
    value: Math.min(...checks),
    unit: 'µs',
    decisions: count,
    target: { atMost: 1 },
  })
  for (const [name, loads] of [
    ['first list over HTTP', first],
    ['the list again, compared', again],
  ] as const) {
    const details = { bench: 'filter', unit: 'ms', decisions: count }
    report({ ...details, name, value: Math.min(...loads.map(({ totalMs }) => totalMs)) })
    const turns = loads.map(({ turnMs }) => turnMs)
    report({
      ...details,
      // What disturbs a run only ever makes it longer.
      name: `${name}: longest turn of the event loop, best of five`,
      value: Math.min(...turns),
      all: turns.map((ms) => Math.round(ms * 10) / 10),
      longestWaits: loads.map(({ waitMs }) => Math.round(waitMs * 10) / 10),
      target: { atMost: 10 },
    })
  }
}

/** As the gate does for each client; with the parsing of its address. */
function benchCheck(filter: CrowdsecFilter): number {
  const texts = Array.from({ length: 50_000 }, (_, number) => `9.${number & 255}.${number >> 8}.7`)
  const startedAt = performance.now()
  for (const text of texts) {
    const address = parseIp(text)
    if (address === undefined || filter.check(address).kind !== 'allow') throw new Error(text)
  }
  return ((performance.now() - startedAt) * 1000) / texts.length
}

interface Load {
  readonly totalMs: number
  /** Processor time of the longest turn of the event loop: what others wait for it on a machine that has nothing else to do. */
  readonly turnMs: number
  /** The longest that a timer had to wait, with all that the machine did meanwhile. */
  readonly waitMs: number
}

async function timed(work: () => Promise<void>): Promise<Load> {
  collect()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await nextTurn()
  let turnMs = 0
  let before = process.threadCpuUsage()
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before)
    turnMs = Math.max(turnMs, (user + system) / 1000)
    before = process.threadCpuUsage()
    looking = setImmediate(look)
  }
  let looking = setImmediate(look)
  const startedAt = performance.now()
  await work()
  const totalMs = performance.now() - startedAt
  await nextTurn()
  clearImmediate(looking)
  delay.disable()
  return { totalMs, turnMs, waitMs: delay.max / 1e6 }
}

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect()
    await nextTurn()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}
