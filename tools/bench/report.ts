import { performance } from 'node:perf_hooks'

export interface Result {
  readonly bench: string
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The least or the most it should be; left out where there is none. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number }
  readonly [detail: string]: unknown
}

/** One JSON object a line on standard output: what was measured, and whether it is what it should be. */
export function report(result: Result): void {
  const { target, value } = result
  const isMet =
    target === undefined
      ? undefined
      : 'atLeast' in target
        ? value >= target.atLeast
        : value <= target.atMost
  console.log(JSON.stringify({ ...result, value: rounded(value), isMet }))
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100
}

/** Times a second, the best of five: what disturbs a run only ever makes it slower. */
export async function rate(count: number, work: () => unknown): Promise<number> {
  let best = 0
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    await work()
    best = Math.max(best, (count * 1000) / (performance.now() - startedAt))
  }
  return best
}

/** Megabytes of this process in memory. */
export function residentMb(): number {
  return process.memoryUsage.rss() / 1_000_000
}
