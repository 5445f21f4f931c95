import type { Clock } from '@gatepost/core'
import { storeBusy, WorkerClient } from '@gatepost/store-model'

import { fromWire, toWire } from '../errors.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { contentBytes, isLarge, movable, withoutContent } from './job-contents.ts'
import { type PrepareReply, type PrepareRequest, transferable } from './preparer.ts'
import type {
  WriterAnswer,
  WriterAnswers,
  WriterJob,
  WriterOutcome,
  WriterReport,
  WriterRequest,
} from './protocol.ts'

interface Pending {
  readonly bytes: number
  readonly resolve: (answer: WriterAnswer) => void
  readonly reject: (error: Error) => void
}

/** What may wait for the writer: beyond it callers are told to come back later. */
const maxWaitingJobs = 5_000
const defaultMaxWaitingBytes = 268_435_456

export interface WriterClientOptions {
  readonly url: URL
  readonly path: string
  readonly maxPages?: number
  readonly maxWaitingBytes?: number
  readonly clock: Pick<Clock, 'now'>
  /** Called before the answers of the same commit. */
  readonly onCommit: (report: WriterReport) => void
}

/** The calling thread's side of the writer. */
export class WriterClient implements AsyncDisposable {
  readonly #options: WriterClientOptions
  readonly #worker: WorkerClient<WriterRequest, WriterReport>
  readonly #pending = new Map<number, Pending>()
  /** Starts with the first large message. */
  #preparer: WorkerClient<PrepareRequest, PrepareReply> | undefined
  readonly #preparing = new Map<number, WriterRequest>()
  readonly #maxWaitingBytes: number
  #waitingBytes = 0
  #lastId = 0
  #lastError: string | null = null
  #isDead = false

  constructor(options: WriterClientOptions) {
    this.#options = options
    this.#maxWaitingBytes = options.maxWaitingBytes ?? defaultMaxWaitingBytes
    this.#worker = new WorkerClient({
      url: options.url,
      start: {
        role: 'writer',
        path: options.path,
        maxPages: options.maxPages,
      } satisfies WorkerStart,
      onReport: (report) => this.#onReport(report),
      onDeath: (error, isRestarted) => this.#onDeath(error, isRestarted),
    })
  }

  get health(): { readonly isWritable: boolean; readonly lastError: string | null } {
    return { isWritable: !this.#isDead && this.#lastError === null, lastError: this.#lastError }
  }

  /** Resolves when the job is on disk. @throws MailError what the job throws; busy `store.busy` */
  run<Kind extends WriterJob['kind']>(
    job: Extract<WriterJob, { kind: Kind }>,
  ): Promise<WriterAnswers[Kind]> {
    const bytes = contentBytes(job)
    const isFull =
      this.#pending.size >= maxWaitingJobs ||
      (this.#pending.size > 0 && this.#waitingBytes + bytes > this.#maxWaitingBytes)
    if (isFull) return Promise.reject(storeBusy('too many writes are waiting'))
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      const id = this.#lastId
      this.#send({ id, now: this.#options.clock.now(), job })
      this.#pending.set(id, { bytes, resolve: resolve as Pending['resolve'], reject })
      this.#waitingBytes += bytes
      if (this.#pending.size === 1) this.#worker.keepAlive(true)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What is being prepared has to reach the writer before it ends.
    await this.#preparer?.[Symbol.asyncDispose]()
    await this.#worker[Symbol.asyncDispose]()
    this.#rejectAll(storeBusy('the store is closed'))
  }

  #send(request: WriterRequest): void {
    if (!isLarge(request.job)) {
      this.#worker.send(request)
      return
    }
    this.#preparer ??= this.#startPreparer()
    this.#preparer.send({ id: request.id, job: request.job }, movable(request.job))
    this.#preparing.set(request.id, request)
    this.#preparer.keepAlive(true)
  }

  #startPreparer(): WorkerClient<PrepareRequest, PrepareReply> {
    return new WorkerClient({
      url: this.#options.url,
      start: { role: 'prepare', path: this.#options.path } satisfies WorkerStart,
      onReport: (reply: PrepareReply) => this.#onPrepared(reply),
      onDeath: (error, isRestarted) => {
        if (!isRestarted) this.#preparer = undefined
        const lost = [...this.#preparing.keys()]
        this.#preparing.clear()
        const wire = toWire(storeBusy(`the thread that reads messages died: ${error.message}`))
        for (const id of lost) this.#settle({ id, error: wire })
      },
    })
  }

  #onPrepared(reply: PrepareReply): void {
    const request = this.#preparing.get(reply.id)
    this.#preparing.delete(reply.id)
    if (this.#preparing.size === 0) this.#preparer?.keepAlive(false)
    if (request === undefined) return
    if ('error' in reply) {
      this.#settle(reply)
      return
    }
    const { id, now } = request
    const { prepared } = reply
    try {
      this.#worker.send(
        { id, now, job: withoutContent(request.job), prepared },
        transferable(prepared),
      )
    } catch (error) {
      this.#settle({ id, error: toWire(error) })
    }
  }

  #onReport(report: WriterReport): void {
    this.#lastError = report.writeError
    this.#options.onCommit(report)
    for (const outcome of report.outcomes) this.#settle(outcome)
    if (this.#pending.size === 0) this.#worker.keepAlive(false)
  }

  #settle(outcome: WriterOutcome): void {
    const pending = this.#pending.get(outcome.id)
    if (pending === undefined) return
    this.#pending.delete(outcome.id)
    this.#waitingBytes -= pending.bytes
    if ('error' in outcome) pending.reject(fromWire(outcome.error))
    else pending.resolve(outcome.answer)
  }

  /** Whether the lost jobs are on disk is not known: their callers are told to try again. */
  #onDeath(error: Error, isRestarted: boolean): void {
    this.#lastError = `the writer thread died: ${error.message}`
    this.#isDead = !isRestarted
    this.#rejectAll(storeBusy(this.#lastError))
  }

  #rejectAll(error: Error): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#waitingBytes = 0
    for (const one of pending) one.reject(error)
  }
}
