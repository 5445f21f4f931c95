import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { engineEnvironment, type Engine } from './find-engine.ts'

/** Runs `cscli ARGS`. Answers its standard output. @throws Error of execFile, when it ends with another code than 0 or takes a minute */
export type Cscli = (...args: readonly string[]) => Promise<string>

const timeoutMs = 60_000
// Lists of decisions and alerts may be long.
const maxOutputBytes = 64 * 1024 * 1024

export function cscliOf(engine: Engine, configFile: string): Cscli {
  const options = {
    env: engineEnvironment(engine),
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
  }
  return async (...args) =>
    (await promisify(execFile)(engine.cscli, ['-c', configFile, ...args], options)).stdout
}
