import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'

export interface KeptProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: NodeJS.ProcessEnv
  /** Gets the process id while the program runs. */
  readonly pidFile: string
  /** Gets what it prints, behind what is there. */
  readonly logFile: string
}

/**
 * Runs a program and ends it when our end of the pipe on standard input closes: however this process ends, SIGKILL included, the program does
 * not outlive it. Background jobs of a shell have no standard input of their own, hence the copy.
 */
const keeper = `
exec 3<&0
pid_file=$1
shift
"$@" 3<&- &
program=$!
echo $program > "$pid_file"
(read -r _ <&3; kill $program) &
watcher=$!
wait $program
code=$?
kill $watcher
exit $code`

/** A program that does not outlive this process. */
export class KeptProcess {
  /** Resolves with the exit code when it is over; 128 and the number of the signal that ended it. */
  readonly ended: Promise<number>
  readonly #shell: ChildProcess
  readonly #pidFile: string

  constructor({ program, args, environment, pidFile, logFile }: KeptProcessOptions) {
    this.#pidFile = pidFile
    const log = openSync(logFile, 'a', 0o600)
    try {
      this.#shell = spawn('/bin/sh', ['-c', keeper, 'sh', pidFile, program, ...args], {
        stdio: ['pipe', log, log],
        env: environment,
        // Ctrl-C in a terminal is for us: the program is told when its turn comes.
        detached: true,
      })
    } finally {
      closeSync(log)
    }
    this.#shell.stdin?.on('error', () => undefined)
    this.ended = this.#end()
  }

  /** Of the program; undefined when it does not run. */
  get pid(): number | undefined {
    try {
      const pid = Number(readFileSync(this.#pidFile, 'utf8'))
      return pid > 0 ? pid : undefined
    } catch {
      return undefined
    }
  }

  /** SIGTERM, and SIGKILL when that does not help in time. */
  async stop(withinMs: number): Promise<void> {
    const timer = setTimeout(() => {
      if (this.pid !== undefined) process.kill(this.pid, 'SIGKILL')
    }, withinMs)
    this.#shell.stdin?.end()
    await this.ended
    clearTimeout(timer)
  }

  async #end(): Promise<number> {
    const code = await new Promise<number>((resolve) => {
      this.#shell.once('error', () => resolve(127))
      this.#shell.once('exit', (exitCode) => resolve(exitCode ?? 137))
    })
    rmSync(this.#pidFile, { force: true })
    return code
  }
}
