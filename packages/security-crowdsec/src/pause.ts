import { setTimeout } from 'node:timers/promises'

/** Resolves when the time is over, or the signal aborts: the caller looks which. Keeps no process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined)
}
