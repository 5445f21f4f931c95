import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { Logger } from '@gatepost/telemetry'

import { pause } from '../pause.ts'
import { isAnswering, isFollowing } from './engine-signs.ts'
import { engineEnvironment } from './find-engine.ts'
import { KeptProcess } from './kept-process.ts'
import { register, type Registration } from './register.ts'

export interface EngineChildOptions extends Registration {
  readonly securityFile: string
  readonly logger: Logger
}

const lookEveryMs = 50
const answersWithinMs = 5000
const readyWithinMs = 30_000
const stopWithinMs = 5000
const firstRestartMs = 1000
const maxRestartMs = 60_000

/** The engine as long as we run: started again, after a pause that grows, when it ends by itself. */
export class EngineChild {
  readonly #options: EngineChildOptions
  readonly #logFile: string
  readonly #stopping = new AbortController()
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers()
  #process: KeptProcess | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: EngineChildOptions) {
    this.#options = options
    this.#logFile = join(options.folder, 'engine.log')
    // Nobody has to listen to it: what goes wrong is logged.
    this.#ready.promise.catch(() => undefined)
  }

  /** Resolves when the security file is followed for the first time; rejects when the first try fails. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  start(): void {
    rmSync(this.#logFile, { force: true })
    this.#running = this.#run()
  }

  /** Resolves when the Local API answers, when the engine has ended, or after five seconds. */
  async answers(): Promise<void> {
    const ended = new AbortController()
    this.#ready.promise.catch(() => ended.abort())
    const deadline = performance.now() + answersWithinMs
    while (!ended.signal.aborted && performance.now() < deadline) {
      if (await isAnswering(this.#options.lapi.url)) return
      await setTimeout(lookEveryMs)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#process?.stop(stopWithinMs)
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let restartMs = firstRestartMs
    while (!signal.aborted) {
      const startedAt = performance.now()
      const reason = await this.#runOnce()
      this.#ready.reject(reason)
      if (signal.aborted) return
      this.#options.logger.error(
        { err: reason, log: this.#logFile },
        'CrowdSec engine does not run: mail goes on, it will be started again',
      )
      if (performance.now() - startedAt > maxRestartMs) restartMs = firstRestartMs
      await pause(restartMs, signal)
      restartMs = Math.min(maxRestartMs, restartMs * 2)
    }
  }

  /** Answers why it is over. */
  async #runOnce(): Promise<Error> {
    const { engine, configFile, folder } = this.#options
    try {
      await register(this.#options)
      if (this.#stopping.signal.aborted) return new Error('stopped')
      const running = new KeptProcess({
        program: engine.crowdsec,
        args: ['-c', configFile],
        environment: engineEnvironment(engine),
        pidFile: join(folder, 'pid'),
        logFile: this.#logFile,
      })
      this.#process = running
      void this.#watch(running)
      return new Error(`the CrowdSec engine ended (${await running.ended})`)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      this.#process = undefined
    }
  }

  async #watch(running: KeptProcess): Promise<void> {
    const { lapi, securityFile, logger } = this.#options
    const deadline = performance.now() + readyWithinMs
    while (this.#process === running && performance.now() < deadline) {
      const { pid } = running
      if (isFollowing(pid, securityFile, this.#logFile) && (await isAnswering(lapi.url))) {
        logger.info({ pid }, 'CrowdSec engine reads the security events')
        this.#ready.resolve()
        return
      }
      await setTimeout(lookEveryMs)
    }
    this.#ready.reject(new Error(`the CrowdSec engine did not get ready, see ${this.#logFile}`))
  }
}
