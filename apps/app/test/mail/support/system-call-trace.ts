import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What a process asked of the kernel, a line for each call in the order of their ends. */
export interface SystemCalls {
  /** What happened after the first call that matches `from`, and before the first one behind it that matches `to`. @throws Error without the two */
  between(from: RegExp, to: RegExp): readonly ('flushed' | 'other')[]
}

/** strace on a process that runs: reads, writes and flushes of all its threads. */
export class SystemCallTrace implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #text = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = once(child, 'close')
    child.stderr?.setEncoding('latin1').on('data', (text: string) => (this.#text += text))
  }

  /** Resolves when it sees everything. @throws Error when it may not */
  static async attach(pid: number): Promise<SystemCallTrace> {
    const calls = 'trace=read,write,writev,fsync,fdatasync'
    const child = spawn('strace', ['-f', '-s', '64', '-e', calls, '-p', `${pid}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const trace = new SystemCallTrace(child)
    while (!trace.#text.includes(' attached')) {
      if (child.exitCode !== null) throw new Error(trace.#text)
      await Promise.race([once(child.stderr ?? child, 'data'), trace.#ended])
    }
    return trace
  }

  /** Lets go of the process. */
  async stop(): Promise<SystemCalls> {
    this.#child.kill('SIGINT')
    await this.#ended
    return { between: (from, to) => between(this.#text.split('\n'), from, to) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop()
  }
}

const flushed = /\b(?:fsync|fdatasync)(?:\(\d+\)| resumed>\)) += 0$/

function between(lines: readonly string[], from: RegExp, to: RegExp): ('flushed' | 'other')[] {
  const start = lines.findIndex((line) => from.test(line))
  const end = lines.findIndex((line, index) => index > start && to.test(line))
  if (start === -1 || end === -1)
    throw new Error(`no ${String(from)} and ${String(to)} in: ${lines.join('\n')}`)
  return lines.slice(start, end).map((line) => (flushed.test(line) ? 'flushed' : 'other'))
}
