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

/** So much a second of this thread's CPU time, the best of five rounds: unlike the rate by the clock, it hardly depends on what else the machine does. */
export async function rate(count: number, work: () => unknown): Promise<number> {
  let best = 0
  for (let round = 0; round < 5; round += 1) {
    const before = process.threadCpuUsage()
    await work()
    const { user, system } = process.threadCpuUsage(before)
    best = Math.max(best, (count * 1_000_000) / (user + system))
  }
  return best
}

/** Megabytes of this process in memory. */
export function residentMb(): number {
  return process.memoryUsage.rss() / 1_000_000
}
