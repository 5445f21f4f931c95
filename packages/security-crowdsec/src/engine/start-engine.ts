import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import type { Logger } from '@gatepost/telemetry'
import { request } from 'undici'

import { writeEngineFolder } from './engine-folder.ts'
import { engineEnvironment, type Engine } from './find-engine.ts'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

export interface StartEngineOptions {
  readonly engine: Engine
  /** Absolute. */
  readonly folder: string
  /** Absolute; made when it is missing. */
  readonly securityFile: string
  readonly logger: Logger
  /** Go duration. */
  readonly banDuration?: string
}

export interface RunningEngine extends AsyncDisposable {
  readonly version: string
  readonly lapi: { readonly url: string; readonly apiKey: string }
  /** For `cscli -c`. */
  readonly configFile: string
  /** Resolves when the Local API answers and the security file is being followed; rejects when the engine ends before. */
  readonly ready: Promise<void>
}

const collection = join(import.meta.dirname, '../../../../crowdsec')
const readyWithinMs = 30_000
const stopWithinMs = 5000
const restartAfterMs = 5000

/** Runs the engine as a child on loopback with our collection and a key of its own. Returns at once; see `ready`. */
export async function startEngine(options: StartEngineOptions): Promise<RunningEngine> {
  const { engine, folder, securityFile } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(securityFile), { recursive: true, mode: 0o700 })
  closeSync(openSync(securityFile, 'a', 0o600))
  stopLeftover(join(folder, 'pid'))
  const lapiPort = await freePort()
  const configFile = writeEngineFolder({
    ...options,
    collection,
    lapiPort,
    banDuration: options.banDuration ?? '4h',
  })
  const apiKey = await registered(engine, folder, configFile)
  const child = new EngineChild(options, configFile, `http://127.0.0.1:${lapiPort}`)
  return {
    version: engine.version,
    lapi: { url: `http://127.0.0.1:${lapiPort}`, apiKey },
    configFile,
    ready: child.start(),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

/** The key of our bouncer: made and registered at the first start, kept in a file that only its owner reads. */
async function registered(engine: Engine, folder: string, configFile: string): Promise<string> {
  const keyFile = join(folder, 'api-key')
  if (existsSync(keyFile)) {
    // The credentials name the port of the last start; the engine talks to itself through them.
    moveCredentials(join(folder, 'conf/local_api_credentials.yaml'), configFile)
    return readFileSync(keyFile, 'utf8').trim()
  }
  const apiKey = randomBytes(32).toString('hex')
  const env = engineEnvironment(engine)
  await run(engine.cscli, ['-c', configFile, 'machines', 'add', 'gatepost', '--auto', '--force'], {
    env,
    timeout: 30_000,
  })
  await run(engine.cscli, ['-c', configFile, 'bouncers', 'add', 'gatepost', '-k', apiKey], {
    env,
    timeout: 30_000,
  })
  writeFileSync(keyFile, `${apiKey}\n`, { mode: 0o600 })
  return apiKey
}

function moveCredentials(credentials: string, configFile: string): void {
  const url = /listen_uri: (\S+)/.exec(readFileSync(configFile, 'utf8'))?.[1] ?? ''
  writeFileSync(
    credentials,
    readFileSync(credentials, 'utf8').replace(/^url: .*$/m, `url: http://${url}`),
    { mode: 0o600 },
  )
}

/** The process, started again when it ends by itself. */
class EngineChild {
  readonly #options: StartEngineOptions
  readonly #configFile: string
  readonly #url: string
  #child: ChildProcess | undefined
  #isStopping = false
  #restart: NodeJS.Timeout | undefined

  constructor(options: StartEngineOptions, configFile: string, url: string) {
    this.#options = options
    this.#configFile = configFile
    this.#url = url
  }

  async start(): Promise<void> {
    const { engine, folder, logger } = this.#options
    const log = openSync(join(folder, 'engine.log'), 'w', 0o600)
    const child = spawn(engine.crowdsec, ['-c', this.#configFile], {
      stdio: ['ignore', log, log],
      env: engineEnvironment(engine),
    })
    closeSync(log)
    this.#child = child
    const pidFile = join(folder, 'pid')
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid))
    const ended = new Promise<never>((_resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) =>
        reject(
          new Error(
            `the CrowdSec engine ended (${signal ?? code}), see ${join(folder, 'engine.log')}`,
          ),
        ),
      )
    })
    ended.catch((error: unknown) => {
      rmSync(pidFile, { force: true })
      if (this.#isStopping) return
      logger.error({ err: error }, 'CrowdSec engine ended, it is started again')
      this.#restart = setTimeout(() => void this.start().catch(() => undefined), restartAfterMs)
    })
    await Promise.race([this.#answers(), ended])
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
      child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      child.kill('SIGTERM')
    })
  }

  /** Answering is not following: lines written before the file is opened would be missed. */
  async #answers(): Promise<void> {
    const deadline = performance.now() + readyWithinMs
    const logFile = join(this.#options.folder, 'engine.log')
    while (performance.now() < deadline && !this.#isStopping) {
      const isFollowing =
        existsSync(logFile) && readFileSync(logFile, 'utf8').includes('Adding file')
      if (isFollowing && (await isUp(`${this.#url}/health`))) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    if (!this.#isStopping) throw new Error(`the CrowdSec engine did not get ready, see ${logFile}`)
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 1000, bodyTimeout: 1000 })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

/** An engine that a killed server left behind would follow the same file and ban twice. */
function stopLeftover(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dirname(pidFile)))
      process.kill(pid, 'SIGKILL')
  } catch {
    // No file, no such process, or no /proc: nothing was left.
  }
  rmSync(pidFile, { force: true })
}
