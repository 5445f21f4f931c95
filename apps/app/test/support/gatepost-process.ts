import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

import { listeners } from '../../src/config/listeners.ts'

export interface ProcessOptions {
  /** Folder that it is started in. */
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
}

/** `node apps/app/src/main.ts` as a process of its own. */
export class GatepostProcess implements AsyncDisposable {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  #waiting: (() => void)[] = []

  constructor({ folder, environment = {}, args = [] }: ProcessOptions) {
    const ports = Object.fromEntries(
      listeners.map(({ name }) => [
        `GATEPOST__LISTEN__${name.toUpperCase()}__ADDRESS`,
        '127.0.0.1:0',
      ]),
    )
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !name.startsWith('GATEPOST__') && name !== 'INIT_CWD',
      ),
    )
    this.child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../../src/main.ts'), ...args],
      {
        cwd: folder,
        env: {
          ...inherited,
          GATEPOST__CROWDSEC__ENGINE: 'off',
          GATEPOST__LISTEN__MX__GREETING_WAIT_SECONDS: '0',
          ...ports,
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    this.child.stdout
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#heard(() => (this.stdout += text)))
    this.child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#heard(() => (this.stderr += text)))
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        resolve({ code, signal })
        this.#heard(() => undefined)
      })
    })
  }

  /** What it said up to and with the line that says it is ready. @throws Error when it ends before */
  async ready(): Promise<string> {
    await this.until(() => this.stdout.includes('"msg":"ready"'))
    return this.stderr
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended early: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Of a listener, read off the banner by the start of its description. */
  port(description: string): number {
    const line = this.stderr.split('\n').find((text) => text.trimStart().startsWith(description))
    const port = /:(\d+)$/.exec(line ?? '')?.[1]
    if (port === undefined) throw new Error(`no "${description}" in: ${this.stderr}`)
    return Number(port)
  }

  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    this.child.kill(signal)
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop('SIGKILL')
  }

  #heard(change: () => void): void {
    change()
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
