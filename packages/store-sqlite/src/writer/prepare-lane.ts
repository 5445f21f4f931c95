import { WorkerClient } from '@gatepost/store-model'

import type { WorkerStart } from '../worker-protocol.ts'
import { FairLine } from './fair-line.ts'
import { contentBytes, movableOf } from './job-contents.ts'
import type { PrepareReply } from './preparer.ts'
import type { WriterRequest } from './protocol.ts'
import { ownerOf } from './writer-queue.ts'

export interface PrepareLaneOptions {
  /** Of its thread. */
  readonly name: string
  readonly url: URL
  readonly start: WorkerStart
  /** The thread is given more while it has less than this. */
  readonly maxBytesAhead: number
  /** The thread is given more while less than this is prepared and not `settled`. */
  readonly maxBytesBehind: number
  readonly onPrepared: (reply: PrepareReply) => void
  /** What the thread had when it died. */
  readonly onLost: (ids: readonly number[], error: Error) => void
}

/** Requests on their way through one preparing thread, which starts with the first of them. The accounts take turns. */
export class PrepareLane implements AsyncDisposable {
  readonly #options: PrepareLaneOptions
  readonly #waiting = new FairLine(ownerOf)
  /** With the bytes of each. */
  readonly #running = new Map<number, number>()
  readonly #idle: (() => void)[] = []
  #runningBytes = 0
  /** Prepared and not yet written, with the bytes of each. */
  readonly #prepared = new Map<number, number>()
  #preparedBytes = 0
  #worker: WorkerClient<WriterRequest, PrepareReply> | undefined

  constructor(options: PrepareLaneOptions) {
    this.#options = options
  }

  push(request: WriterRequest): void {
    this.#waiting.push(request)
    this.#fill()
  }

  /** What was prepared of it is in memory no longer; also of requests that were never here. */
  settled(id: number): void {
    const bytes = this.#prepared.get(id)
    if (bytes === undefined) return
    this.#prepared.delete(id)
    this.#preparedBytes -= bytes
    this.#fill()
  }

  /** Ends after everything that was pushed is prepared. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await this.#worker?.[Symbol.asyncDispose]()
  }

  get #isIdle(): boolean {
    return this.#waiting.isEmpty && this.#running.size === 0
  }

  get #hasRoom(): boolean {
    const { maxBytesAhead, maxBytesBehind } = this.#options
    const isFree = this.#running.size === 0 || this.#runningBytes < maxBytesAhead
    return isFree && this.#preparedBytes < maxBytesBehind
  }

  #fill(): void {
    while (this.#hasRoom) {
      const request = this.#waiting.shift()
      if (request === undefined) break
      this.#worker ??= this.#start()
      if (this.#running.size === 0) this.#worker.keepAlive(true)
      const bytes = contentBytes(request.job)
      this.#running.set(request.id, bytes)
      this.#runningBytes += bytes
      this.#worker.send(request, movableOf(request.job))
    }
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #start(): WorkerClient<WriterRequest, PrepareReply> {
    return new WorkerClient({
      name: this.#options.name,
      url: this.#options.url,
      start: this.#options.start,
      onReport: (reply: PrepareReply) => this.#onReply(reply),
      onDeath: (error, isRestarted) => {
        // Started anew with the next request.
        if (!isRestarted) this.#worker = undefined
        const lost = [...this.#running.keys()]
        this.#running.clear()
        this.#runningBytes = 0
        this.#options.onLost(lost, error)
        this.#fill()
      },
    })
  }

  #onReply(reply: PrepareReply): void {
    for (const id of reply.ids) {
      const bytes = this.#running.get(id) ?? 0
      this.#prepared.set(id, bytes)
      this.#preparedBytes += bytes
      this.#ended(id)
    }
    for (const { id } of reply.failed) this.#ended(id)
    this.#options.onPrepared(reply)
    this.#fill()
    if (this.#running.size === 0) this.#worker?.keepAlive(false)
  }

  #ended(id: number): void {
    this.#runningBytes -= this.#running.get(id) ?? 0
    this.#running.delete(id)
  }
}
