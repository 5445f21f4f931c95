import { setTimeout as pause } from 'node:timers/promises'

/** Resolves when it is so. @throws Error after a long time */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  patienceMs: number = 30_000,
): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${patienceMs} ms: ${String(isTrue)}`)
    await pause(20)
  }
}

/** Whether it becomes so. */
export async function becomes(
  isTrue: () => boolean | Promise<boolean>,
  patienceMs: number = 15_000,
): Promise<boolean> {
  return until(isTrue, patienceMs).then(
    () => true,
    () => false,
  )
}
