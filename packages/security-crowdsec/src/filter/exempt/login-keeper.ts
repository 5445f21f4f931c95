import { readFile, stat } from 'node:fs/promises'

import type { Logger } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'
import { replaceFile } from '../replace-file.ts'
import type { LoginEntry, StrongLogins } from './strong-logins.ts'

export interface LoginKeeperOptions {
  readonly path: string
  readonly logins: StrongLogins
  readonly logger: Logger
  readonly everyMs?: number
}

const header = 'gatepost-logins 1'
// 20,000 entries of a source and a user.
const maxBytes = 16 * 1024 * 1024
const line = /^(\d{1,16}) (\S+(?: \S.*)?)$/

/** Keeps where people have logged in over a restart. A disk that fails costs that, nothing else. */
export class LoginKeeper implements AsyncDisposable {
  readonly #options: LoginKeeperOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #saved = 0

  constructor(options: LoginKeeperOptions) {
    this.#options = options
  }

  /** Takes in what was kept, and keeps it from now on. */
  async start(): Promise<void> {
    const { path, logins, logger } = this.#options
    try {
      logins.restore(await readEntries(path))
    } catch (error) {
      logger.warn({ reason: String(error), path }, 'where people have logged in cannot be read')
    }
    this.#running = this.#run()
  }

  /** Writes what is new since the last time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { everyMs = 60_000 } = this.#options
    while (!signal.aborted) {
      await pause(everyMs, signal)
      await this.#save()
    }
  }

  async #save(): Promise<void> {
    const { path, logins, logger } = this.#options
    const { changes } = logins
    if (changes === this.#saved) return
    try {
      const lines = Array.from(logins.entries(), ([key, at]) => `${at} ${key}\n`)
      await replaceFile(path, (append) => append(`${header}\n${lines.join('')}`))
      this.#saved = changes
    } catch (error) {
      logger.warn({ reason: String(error), path }, 'where people have logged in cannot be kept')
    }
  }
}

async function readEntries(path: string): Promise<LoginEntry[]> {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return []
  if (found.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
  const [first, ...lines] = (await readFile(path, 'utf8')).split('\n')
  if (first !== header) throw new Error('it is no list of logins of this version')
  return lines.flatMap((text): LoginEntry[] => {
    const [, at, key = ''] = line.exec(text) ?? []
    return at === undefined ? [] : [[key, Number(at)]]
  })
}
