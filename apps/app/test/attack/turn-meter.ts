/**
 * Loaded into the server by `--import`: the CPU time of its turns. The time on the clock would say what else the machine does. At SIGUSR2 it writes what was
 * since the last time into the file that GATEPOST_TURNS names.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

export interface Turns {
  /** How many readings there have been. */
  readonly reading: number
  readonly maxMs: number
  readonly p99Ms: number
}

const everyMs = 1
const buckets = 10_000

function measure(file: string): void {
  // By the millisecond: a reading costs the server nothing.
  const counts = new Uint32Array(buckets)
  let reading = 0
  let last = process.threadCpuUsage()
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    last = process.threadCpuUsage()
    const ms = Math.min(buckets - 1, Math.round((user + system) / 1000))
    counts[ms] = (counts[ms] ?? 0) + 1
  }, everyMs).unref()
  process.on('SIGUSR2', () => {
    reading += 1
    const turns: Turns = {
      reading,
      maxMs: counts.findLastIndex((count) => count > 0),
      p99Ms: p99Of(counts),
    }
    counts.fill(0)
    writeFileSync(`${file}.new`, JSON.stringify(turns))
    renameSync(`${file}.new`, file)
  })
}

function p99Of(counts: Uint32Array): number {
  const rank = counts.reduce((sum, count) => sum + count, 0) * 0.99
  let seen = 0
  return counts.findIndex((count) => (seen += count) >= rank)
}

const { GATEPOST_TURNS: file } = process.env
if (isMainThread && file !== undefined) measure(file)
