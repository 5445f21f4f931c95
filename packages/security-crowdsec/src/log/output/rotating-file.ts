import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { LogDestination } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'

export interface RotatingFileOptions {
  readonly path: string
  /** A file that would get larger is renamed to `.1` and begun anew; 0: never. */
  readonly maxBytes: number
  /** How many renamed ones are kept: `.1` is the youngest. */
  readonly kept: number
  /** Told how many lines were lost: a full disk costs lines, not the server. */
  readonly onLost: (lines: number) => void
  /** Bytes that may wait for the disk. */
  readonly maxWaitingBytes?: number
  /** How long a full file lies still before it is renamed. */
  readonly settleMs?: number
}

const lookEveryMs = 1000
// CrowdSec looks at a file four times a second, and reads no more from one that has been renamed since it looked.
const defaultSettleMs = 1000
const defaultMaxWaitingBytes = 16 * 1024 * 1024

/**
 * Lines in a file that is rotated by renaming, as those who follow a file expect it (CrowdSec, `tail -F`). A file that somebody else renamed or
 * removed is begun anew within a second of writing.
 */
export class RotatingFile implements LogDestination, AsyncDisposable {
  readonly #options: RotatingFileOptions
  #waiting: string[] = []
  #waitingBytes = 0
  #file: FileHandle | undefined
  #size = 0
  #lookedAt = 0
  #writing: Promise<void> | undefined
  readonly #stopping = new AbortController()

  constructor(options: RotatingFileOptions) {
    this.#options = options
  }

  write(line: string): void {
    const { maxWaitingBytes = defaultMaxWaitingBytes, onLost } = this.#options
    if (this.#waitingBytes >= maxWaitingBytes) {
      onLost(1)
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    this.#writing ??= this.#drain()
  }

  /** Writes what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#writing
    await this.#close()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingBytes = 0
      await this.#append(lines)
    }
    this.#writing = undefined
  }

  async #append(lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.join(''))
    try {
      const file = await this.#fileFor(bytes.length)
      await file.appendFile(bytes)
      this.#size += bytes.length
    } catch {
      this.#options.onLost(lines.length)
      await this.#close()
    }
  }

  async #fileFor(bytes: number): Promise<FileHandle> {
    await this.#look()
    const file = this.#file ?? (await this.#open())
    const { maxBytes } = this.#options
    if (maxBytes === 0 || this.#size === 0 || this.#size + bytes <= maxBytes) return file
    const { settleMs = defaultSettleMs } = this.#options
    await pause(settleMs, this.#stopping.signal)
    await this.#rotate()
    return this.#open()
  }

  async #open(): Promise<FileHandle> {
    const { path } = this.#options
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a', 0o600)
    this.#file = file
    this.#size = (await file.stat()).size
    return file
  }

  /** Whether the path still leads to our file. */
  async #look(): Promise<void> {
    const now = performance.now()
    if (this.#file === undefined || now - this.#lookedAt < lookEveryMs) return
    this.#lookedAt = now
    const [ours, there] = await Promise.all([
      this.#file.stat(),
      stat(this.#options.path).catch(() => undefined),
    ])
    if (there?.ino !== ours.ino || there.dev !== ours.dev) await this.#close()
  }

  async #rotate(): Promise<void> {
    const { path, kept } = this.#options
    await this.#close()
    if (kept === 0) {
      await rm(path, { force: true })
      return
    }
    for (let number = kept - 1; number >= 1; number -= 1)
      await move(`${path}.${number}`, `${path}.${number + 1}`)
    await move(path, `${path}.1`)
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#size = 0
    await file?.close().catch(() => undefined)
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
