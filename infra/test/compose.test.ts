import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { missing } from '../../packages/testkit/src/missing.ts'

const script = join(import.meta.dirname, 'compose-test')
// Exit codes of the script.
const somethingMissing = 77
const noDaemonPossible = 78

it(
  'the stack of compose.yaml delivers, bans at every door, unbans and stops (Docker, CrowdSec)',
  { timeout: 600_000 },
  async (context) => {
    if (process.platform !== 'linux') return missing(context, 'Linux')
    const { code, output } = await run(context.signal)
    const reason = /.*: (.*)\s*$/.exec(output)?.[1] ?? output
    if (code === somethingMissing) return missing(context, reason)
    // Not for want of a program: nothing that CI could install helps.
    if (code === noDaemonPossible)
      return context.skip(`NO DOCKER DAEMON CAN RUN ON THIS MACHINE: ${reason}`)
    expect(code, output).toBe(0)
    expect(output).toContain('compose test passed')
    for (const line of output.split('\n')) if (line.includes('FELL BACK')) console.warn(line)
  },
)

/** Killed when the test is given up: its namespaces, the daemon and the containers go with it. */
function run(
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(script, { signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const hear = (text: string): void => {
    output += text
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`${error.message}\n${output}`, { cause: error })),
    )
    child.once('close', (code) => resolve({ code, output }))
  })
}
