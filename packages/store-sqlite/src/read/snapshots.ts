import { storeBusy } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import { Snapshot } from './snapshot.ts'

export interface SnapshotsOptions {
  readonly open: () => Sql
  /** How long one lasts at most, and how long the next waits for a connection. Default 10 s. */
  readonly maxMs?: number
  /** Connections at once. Default 64: nearly every snapshot is over before the next begins, but some wait for large content. */
  readonly maxOpen?: number
}

const defaultMaxMs = 10_000
const defaultMaxOpen = 64
/** Connections that are kept for later. */
const maxIdle = 4
const maxWaiting = 4_096

interface Waiting {
  readonly since: number
  readonly resolve: (sql: Sql) => void
  readonly reject: (error: Error) => void
}

/** Snapshots of the database, each on a connection of a small pool, and none for ever. */
export class Snapshots implements Disposable {
  readonly #options: SnapshotsOptions
  readonly #maxMs: number
  readonly #maxOpen: number
  readonly #idle: Sql[] = []
  readonly #active = new Set<Snapshot>()
  readonly #waiting = new Set<Waiting>()
  /** Connections that there are. */
  #count = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: SnapshotsOptions) {
    this.#options = options
    this.#maxMs = options.maxMs ?? defaultMaxMs
    this.#maxOpen = options.maxOpen ?? defaultMaxOpen
  }

  /** @throws MailError busy `store.busy`, `store.snapshotEnded` */
  async use<T>(work: (snapshot: Snapshot) => Promise<T> | T): Promise<T> {
    const snapshot = this.#begin(this.#idle.pop() ?? (await this.#connection()))
    try {
      return await work(snapshot)
    } finally {
      this.#end(snapshot)
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const { reject } of this.#waiting) reject(storeBusy('the store is closed'))
    this.#waiting.clear()
    for (const snapshot of this.#active) this.#end(snapshot)
    for (const sql of this.#idle.splice(0)) this.#close(sql)
  }

  #connection(): Promise<Sql> | Sql {
    if (this.#isClosed) throw storeBusy('the store is closed')
    if (this.#count < this.#maxOpen) {
      const sql = this.#options.open()
      this.#count += 1
      return sql
    }
    if (this.#waiting.size >= maxWaiting) throw storeBusy('too many reads are waiting')
    const { promise, resolve, reject } = Promise.withResolvers<Sql>()
    this.#waiting.add({ since: performance.now(), resolve, reject })
    this.#timer ??= this.#startTimer()
    return promise
  }

  #begin(sql: Sql): Snapshot {
    try {
      if (this.#isClosed) throw storeBusy('the store is closed')
      const snapshot = new Snapshot(sql)
      this.#active.add(snapshot)
      this.#timer ??= this.#startTimer()
      return snapshot
    } catch (error) {
      this.#close(sql)
      throw error
    }
  }

  #end(snapshot: Snapshot): void {
    this.#active.delete(snapshot)
    const sql = snapshot.end()
    if (sql === undefined) return
    const [next] = this.#waiting
    if (next !== undefined) {
      this.#waiting.delete(next)
      next.resolve(sql)
    } else if (this.#idle.length < maxIdle && !this.#isClosed) this.#idle.push(sql)
    else this.#close(sql)
  }

  #close(sql: Sql): void {
    this.#count -= 1
    sql.close()
  }

  #startTimer(): NodeJS.Timeout {
    return setInterval(() => this.#endOld(), this.#maxMs / 4).unref()
  }

  /** Whoever holds one that long waits for something else than the database. */
  #endOld(): void {
    const oldest = performance.now() - this.#maxMs
    for (const snapshot of this.#active) if (snapshot.openedAt < oldest) this.#end(snapshot)
    for (const waiting of this.#waiting) {
      if (waiting.since >= oldest) break
      this.#waiting.delete(waiting)
      waiting.reject(storeBusy('no connection became free'))
    }
    if (this.#active.size > 0 || this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
