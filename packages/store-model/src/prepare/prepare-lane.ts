import { WorkerClient } from '../worker-client.ts'
import { FairLine } from './fair-line.ts'

/** What a preparing thread is asked, as the lanes see it. */
export interface PrepareWork<Request> {
  /** The accounts take turns: whose turn it takes. */
  ownerOf(request: Request): string
  /** Of its content. */
  bytesOf(request: Request): number
  /** Memory that is given away with it. */
  movableOf(request: Request): ArrayBuffer[]
}

/** Which requests a reply of the thread is about. */
export interface PrepareReplies {
  /** They are prepared. */
  readonly ids: readonly number[]
  /** They could not be. */
  readonly failed: readonly { readonly id: number }[]
}

export interface PrepareThread<Request, Reply> {
  readonly url: URL
  /** What it is started with: its `workerData`. */
  readonly start: unknown
  readonly work: PrepareWork<Request>
  readonly onReply: (reply: Reply) => void
  /** What the thread had when it died. */
  readonly onLost: (ids: readonly number[], error: Error) => void
}

export interface PrepareLaneOptions<Request, Reply> extends PrepareThread<Request, Reply> {
  /** Of its thread. */
  readonly name: string
  /** The thread is given more while it has less than this. */
  readonly maxBytesAhead: number
  /** The thread is given more while less than this is prepared and not `settled`. */
  readonly maxBytesBehind: number
}

/** Requests on their way through one preparing thread, which starts with the first of them. The accounts take turns. */
export class PrepareLane<
  Request extends { readonly id: number },
  Reply extends PrepareReplies,
> implements AsyncDisposable {
  readonly #options: PrepareLaneOptions<Request, Reply>
  readonly #waiting: FairLine<Request>
  /** With the bytes of each. */
  readonly #running = new Map<number, number>()
  readonly #idle: (() => void)[] = []
  #runningBytes = 0
  /** Prepared and not yet written, with the bytes of each. */
  readonly #prepared = new Map<number, number>()
  #preparedBytes = 0
  #worker: WorkerClient<Request, Reply> | undefined

  constructor(options: PrepareLaneOptions<Request, Reply>) {
    this.#options = options
    this.#waiting = new FairLine((request) => options.work.ownerOf(request))
  }

  push(request: Request): void {
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
    const { work } = this.#options
    while (this.#hasRoom) {
      const request = this.#waiting.shift()
      if (request === undefined) break
      this.#worker ??= this.#start()
      if (this.#running.size === 0) this.#worker.keepAlive(true)
      const bytes = work.bytesOf(request)
      this.#running.set(request.id, bytes)
      this.#runningBytes += bytes
      this.#worker.send(request, work.movableOf(request))
    }
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #start(): WorkerClient<Request, Reply> {
    return new WorkerClient({
      name: this.#options.name,
      url: this.#options.url,
      start: this.#options.start,
      onReport: (reply: Reply) => this.#onReply(reply),
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

  #onReply(reply: Reply): void {
    for (const id of reply.ids) {
      const bytes = this.#running.get(id) ?? 0
      this.#prepared.set(id, bytes)
      this.#preparedBytes += bytes
      this.#ended(id)
    }
    for (const { id } of reply.failed) this.#ended(id)
    this.#options.onReply(reply)
    this.#fill()
    if (this.#running.size === 0) this.#worker?.keepAlive(false)
  }

  #ended(id: number): void {
    this.#runningBytes -= this.#running.get(id) ?? 0
    this.#running.delete(id)
  }
}
