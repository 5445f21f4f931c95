import { transferDecoder } from '@gatepost/mime'

import { turnUnits } from '../src/budget/request-budget.ts'

/** A turn may be this many times dearer than decoding what fills one: the garbage of others is collected in it, and code that is new is compiled. */
const generosity = 150
const leastMs = 60

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Holds the thread for that much of its CPU time. */
export function burnCpu(ms: number): void {
  const start = threadCpuMs()
  while (threadCpuMs() - start < ms);
}

/** The CPU time that no turn takes unless it does what it has not declared, on this machine. */
export function mostTurnCpuMs(): number {
  const quoted = Buffer.alloc(turnUnits, 'H=C3=A4llo Welt, =\n')
  const times = Array.from({ length: 15 }, () => {
    const start = threadCpuMs()
    const decoder = transferDecoder('quoted-printable')
    for (let round = 0; round < 10; round++) decoder.write(quoted)
    return (threadCpuMs() - start) / 10
  }).toSorted((a, b) => a - b)
  return Math.max(leastMs, (times[7] ?? 0) * generosity)
}
