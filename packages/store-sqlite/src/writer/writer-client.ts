import { availableParallelism } from 'node:os'

import type { Clock } from '@gatepost/core'
import { PreparePool, storeBusy, WorkerClient } from '@gatepost/store-model'

import { fromWire, toWire } from '../errors.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { Checkpoints } from './checkpoints.ts'
import { contentBytes, heldBytes, movableOf, preparedBy } from './job-contents.ts'
import { transferable } from './packed.ts'
import type { PrepareReply } from './preparer.ts'
import type {
  WriterAnswer,
  WriterAnswers,
  WriterInput,
  WriterJob,
  WriterOutcome,
  WriterReport,
  WriterRequest,
} from './protocol.ts'
import { ownerOf } from './writer-queue.ts'

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
  readonly #worker: WorkerClient<WriterInput, WriterReport>
  readonly #pending = new Map<number, Pending>()
  /** Of them, those that the writer has not got yet. */
  readonly #preparing = new Set<number>()
  readonly #pool: PreparePool<WriterRequest, PrepareReply>
  readonly #checkpoints: Checkpoints
  readonly #maxWaitingBytes: number
  readonly #cores = availableParallelism()
  #waitingBytes = 0
  #lastId = 0
  #lastError: string | null = null
  #isDead = false
  #isClosing = false

  constructor(options: WriterClientOptions) {
    this.#options = options
    this.#maxWaitingBytes = options.maxWaitingBytes ?? defaultMaxWaitingBytes
    this.#worker = new WorkerClient({
      name: 'writer',
      url: options.url,
      start: {
        role: 'writer',
        path: options.path,
        maxPages: options.maxPages,
      } satisfies WorkerStart,
      onReport: (report) => this.#onReport(report),
      onDeath: (error, isRestarted) => this.#onDeath(error, isRestarted),
    })
    this.#pool = new PreparePool({
      url: options.url,
      start: { role: 'prepare', path: options.path } satisfies WorkerStart,
      work: {
        ownerOf,
        bytesOf: ({ job }) => contentBytes(job),
        movableOf: ({ job }) => movableOf(job),
      },
      onReply: (reply) => this.#onPrepared(reply),
      onLost: (ids, { message }) =>
        this.#failAll(ids, storeBusy(`the thread that reads messages died: ${message}`)),
    })
    this.#checkpoints = new Checkpoints({
      url: options.url,
      path: options.path,
      onEnd: () => this.#isDead || this.#isClosing || this.#worker.send({ kind: 'checkpointed' }),
    })
  }

  get health(): { readonly isWritable: boolean; readonly lastError: string | null } {
    return { isWritable: !this.#isDead && this.#lastError === null, lastError: this.#lastError }
  }

  /** Resolves when the job is on disk. @throws MailError what the job throws; busy `store.busy` */
  run<Kind extends WriterJob['kind']>(
    job: Extract<WriterJob, { kind: Kind }>,
  ): Promise<WriterAnswers[Kind]> {
    const bytes = heldBytes(job)
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
    this.#isClosing = true
    // What is being prepared has to reach the writer before it ends.
    await this.#pool[Symbol.asyncDispose]()
    await this.#worker[Symbol.asyncDispose]()
    await this.#checkpoints[Symbol.asyncDispose]()
    this.#failAll(this.#pending.keys(), storeBusy('the store is closed'))
  }

  #send(request: WriterRequest): void {
    const load = { isAlone: this.#pending.size === 0, cores: this.#cores }
    const by = preparedBy(request.job, load)
    if (by === 'writer') this.#worker.send(request)
    else {
      this.#preparing.add(request.id)
      this.#pool.prepare(request, by)
    }
  }

  #onPrepared({ ids, packed, failed }: PrepareReply): void {
    for (const outcome of failed) this.#settle(outcome)
    if (ids.length === 0) return
    try {
      this.#worker.send({ packed }, transferable(packed))
      for (const id of ids) this.#preparing.delete(id)
    } catch (error) {
      this.#failAll(ids, error)
    }
  }

  #onReport(report: WriterReport): void {
    this.#lastError = report.writeError
    if (report.isCheckpointDue && !this.#isClosing) this.#checkpoints.run()
    this.#options.onCommit(report)
    for (const outcome of report.outcomes) this.#settle(outcome)
    if (this.#pending.size === 0) this.#worker.keepAlive(false)
  }

  #settle(outcome: WriterOutcome): void {
    const pending = this.#pending.get(outcome.id)
    if (pending === undefined) return
    this.#pending.delete(outcome.id)
    this.#waitingBytes -= pending.bytes
    this.#preparing.delete(outcome.id)
    this.#pool.settled(outcome.id)
    if ('error' in outcome) pending.reject(fromWire(outcome.error))
    else pending.resolve(outcome.answer)
  }

  #failAll(ids: Iterable<number>, error: unknown): void {
    const wire = toWire(error)
    for (const id of ids) this.#settle({ id, error: wire })
  }

  /** Whether the lost jobs are on disk is not known: their callers are told to try again. */
  #onDeath(error: Error, isRestarted: boolean): void {
    this.#lastError = `the writer thread died: ${error.message}`
    this.#isDead = !isRestarted
    const lost = [...this.#pending.keys()].filter((id) => !this.#preparing.has(id))
    this.#failAll(lost, storeBusy(this.#lastError))
  }
}
