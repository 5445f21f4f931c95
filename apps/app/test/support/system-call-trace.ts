import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { type SystemCall, SystemCallReader } from './system-calls.ts'

const traced = [
  'read',
  'write',
  'writev',
  'pwrite64',
  'fsync',
  'fdatasync',
  'ftruncate',
  'fallocate',
]

/** strace on a process that runs: reads, writes and flushes of all its threads, with every byte. */
export class SystemCallTrace implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #folder: string
  #said = ''

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    this.#ended = once(child, 'close')
    child.stderr?.setEncoding('latin1').on('data', (text: string) => (this.#said += text))
  }

  /** Resolves when it sees everything. @throws Error when it may not */
  static async attach(pid: number): Promise<SystemCallTrace> {
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-trace-'))
    const out = join(folder, 'calls')
    const args = ['-f', '-y', '-s', '1000000', '-o', out, '-e', `trace=${traced.join(',')}`]
    const child = spawn('strace', [...args, '-p', `${pid}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const trace = new SystemCallTrace(child, folder)
    while (!trace.#said.includes(' attached')) {
      if (child.exitCode !== null) throw new Error(trace.#said)
      await Promise.race([once(child.stderr ?? child, 'data'), trace.#ended])
    }
    return trace
  }

  /** Lets go of the process. */
  async stop(): Promise<readonly SystemCall[]> {
    this.#child.kill('SIGINT')
    await this.#ended
    const reader = new SystemCallReader()
    const lines = createInterface({
      input: createReadStream(join(this.#folder, 'calls'), 'latin1'),
      crlfDelay: Infinity,
    })
    for await (const line of lines) reader.add(line)
    return reader.calls()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGINT')
      await this.#ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
