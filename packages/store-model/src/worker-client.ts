import { Worker } from 'node:worker_threads'

import { MailError } from '@gatepost/core'

/** What a thread hears. */
export type WorkerMessage<Request> =
  | { readonly kind: 'run'; readonly requests: readonly Request[] }
  /** Finish what has arrived and end. */
  | { readonly kind: 'close' }

export interface WorkerClientOptions<Report> {
  readonly url: URL
  /** Of the thread, as the operating system shows it; at most 15 characters. */
  readonly name: string
  /** What it is started with: its `workerData`. */
  readonly start: unknown
  readonly onReport: (report: Report) => void
  /** The thread has ended without being asked; it is started again unless it did so just before. */
  readonly onDeath: (error: Error, isRestarted: boolean) => void
}

/** A thread that dies again within this time is not started again. */
const restartAfterMs = 10_000

/** One worker thread. It keeps the process alive while an answer is owed, and at no other time. */
export class WorkerClient<Request, Report> implements AsyncDisposable {
  readonly #options: WorkerClientOptions<Report>
  #worker: Worker | undefined
  #outbox: Request[] = []
  #transfer: ArrayBuffer[] = []
  #startedAt = 0
  #isClosing = false

  constructor(options: WorkerClientOptions<Report>) {
    this.#options = options
    this.#worker = this.#startWorker()
  }

  /** `isOwed`: whether any answer is outstanding. Who closes it waits for its end, whatever is owed. */
  keepAlive(isOwed: boolean): void {
    if (this.#isClosing) return
    if (isOwed) this.#worker?.ref()
    else this.#worker?.unref()
  }

  /** `transfer`: given away, not copied. @throws MailError failed `store.closed` */
  send(request: Request, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#worker === undefined || this.#isClosing)
      throw new MailError('failed', 'store.closed', 'the store is closed or its thread has died')
    this.#outbox.push(request)
    this.#transfer.push(...transfer)
    // What comes in one turn of the event loop crosses in one message: crossing costs more than what it carries.
    if (this.#outbox.length === 1) setImmediate(() => this.#flush())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    const worker = this.#worker
    if (worker === undefined) return
    worker.ref()
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    this.#flush()
    this.#post({ kind: 'close' })
    await ended
  }

  #flush(): void {
    const requests = this.#outbox
    if (requests.length === 0) return
    this.#outbox = []
    const transfer = this.#transfer
    this.#transfer = []
    this.#post({ kind: 'run', requests }, transfer)
  }

  #post(message: WorkerMessage<Request>, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer)
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#options.url, {
      workerData: this.#options.start,
      name: this.#options.name,
      // What the parent was started with (a test runner's loaders, an inspector) is not for this thread.
      execArgv: [],
    })
    this.#startedAt = performance.now()
    worker.unref()
    worker.on('message', (report: Report) => this.#options.onReport(report))
    let failure = new Error('the thread ended')
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    worker.on('exit', () => this.#onExit(failure))
    return worker
  }

  #onExit(failure: Error): void {
    if (this.#isClosing) return
    const isRestarted = performance.now() - this.#startedAt >= restartAfterMs
    this.#worker = isRestarted ? this.#startWorker() : undefined
    this.#options.onDeath(failure, isRestarted)
  }
}
