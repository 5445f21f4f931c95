import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

import { missing } from '@gatepost/testkit'
import type { TestContext } from 'vitest'

export interface ProgramResult {
  readonly code: number
  /** One character for each byte. */
  readonly stdout: string
  readonly stderr: string
}

// None of them takes a tenth of this: it ends what hangs.
const timeoutMs = 30_000

/** Skips the test, or fails it where everything has to be there, unless all the programs are on the path. */
export function requirePrograms(
  context: Pick<TestContext, 'skip'>,
  ...names: readonly string[]
): void {
  const absent = absentPrograms(...names)
  if (absent.length > 0) missing(context, absent.join(', '))
}

/** Those that are not on the path. */
export function absentPrograms(...names: readonly string[]): string[] {
  return names.filter((name) => !isOnPath(name))
}

/** Runs to the end, whatever its exit code. @throws Error when it cannot be run or is killed */
export function runProgram(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment }
    const options = { env, encoding: 'latin1', timeout: timeoutMs } as const
    const child = execFile(name, args, options, (error, stdout, stderr) => {
      if (child.exitCode === null) reject(error ?? new Error(`${name} was killed: ${stderr}`))
      else resolve({ code: child.exitCode, stdout, stderr })
    })
    child.stdin?.end()
  })
}

function isOnPath(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
