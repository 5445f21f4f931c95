import type { Sql } from '../sql.ts'
import { removeIndex, TextIndex } from './text-index.ts'

const idleMs = 1000
const sweepEveryMs = 3_600_000
const retryMs = 60_000
/** While mail comes in, indexing takes a twentieth of a core. */
const restPerWork = 19

/** Keeps the full-text index up with the database: at full speed when nothing is written, aside otherwise. Stops with its thread. */
export class IndexKeeper {
  readonly #sql: Sql
  readonly #path: string
  #index: TextIndex | undefined
  #timer: NodeJS.Timeout | undefined
  #dataVersion = 0
  #sweptAt = performance.now()

  constructor(sql: Sql, path: string) {
    this.#sql = sql
    this.#path = path
  }

  /** Undefined while there is none: a full disk, say. Searches are right without it, and slower. */
  get index(): TextIndex | undefined {
    return this.#index
  }

  start(): void {
    this.#timer = setTimeout(() => this.#work(), 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#index?.[Symbol.dispose]()
    this.#index = undefined
  }

  #work(): void {
    const startedAt = performance.now()
    let restMs = retryMs
    try {
      if (this.#index?.isDamaged === true) {
        this.#index[Symbol.dispose]()
        removeIndex(this.#path)
        this.#index = undefined
      }
      this.#index ??= TextIndex.open(this.#sql, this.#path)
      const isBehind = this.#index.catchUp()
      const workMs = performance.now() - startedAt
      restMs = isBehind ? (this.#isQuiet() ? 0 : workMs * restPerWork) : idleMs
      if (!isBehind && startedAt - this.#sweptAt > sweepEveryMs) {
        this.#sweptAt = startedAt
        this.#index.sweep()
      }
    } catch (error) {
      this.#index?.[Symbol.dispose]()
      this.#index = undefined
      if (isDamage(error)) removeIndex(this.#path)
    }
    this.#timer = setTimeout(() => this.#work(), restMs)
  }

  #isQuiet(): boolean {
    const version =
      this.#sql.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
    const isQuiet = version === this.#dataVersion
    this.#dataVersion = version
    return isQuiet
  }
}

// https://sqlite.org/rescode.html: CORRUPT, NOTADB
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === 11 || code === 26
}
