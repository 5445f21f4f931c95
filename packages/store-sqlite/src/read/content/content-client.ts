import type { MimeIndex } from '@gatepost/mime'
import { storeBusy, WorkerClient } from '@gatepost/store-model'

import { fromWire } from '../../errors.ts'
import type { WorkerStart } from '../../worker-protocol.ts'
import type { ContentReply, ContentRequest } from './protocol.ts'

export interface ContentClientOptions {
  readonly url: URL
  readonly path: string
}

type Content = Extract<ContentReply, { content: unknown }>['content']

interface Pending {
  readonly resolve: (content: Content) => void
  readonly reject: (error: Error) => void
}

type Question<Request> = Request extends ContentRequest ? Omit<Request, 'id'> : never

/** Requests that may wait: each has a connection of its own meanwhile. */
const maxPending = 1_024

/** Large content, read beside the event loop; the thread starts with the first. */
export class ContentClient implements AsyncDisposable {
  readonly #options: ContentClientOptions
  readonly #pending = new Map<number, Pending>()
  #worker: WorkerClient<ContentRequest, ContentReply> | undefined
  #lastId = 0

  constructor(options: ContentClientOptions) {
    this.#options = options
  }

  /** Undefined: the blob has been deleted. @throws MailError busy `store.busy` */
  async range(blob: number, start: number, end: number): Promise<Buffer | undefined> {
    const content = await this.#ask({ kind: 'range', blob, start, end })
    return content instanceof Uint8Array ? Buffer.from(content.buffer) : undefined
  }

  /** Undefined: the blob has been deleted. @throws MailError busy `store.busy` */
  async index(blob: number, size: number): Promise<MimeIndex | undefined> {
    const content = await this.#ask({ kind: 'index', blob, size })
    return content === null || content instanceof Uint8Array ? undefined : content
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]()
    this.#rejectAll('the store is closed')
  }

  #ask(question: Question<ContentRequest>): Promise<Content> {
    if (this.#pending.size >= maxPending) throw storeBusy('too much content is being read')
    const worker = (this.#worker ??= this.#startWorker())
    const { promise, ...pending } = Promise.withResolvers<Content>()
    this.#lastId += 1
    worker.send({ ...question, id: this.#lastId })
    this.#pending.set(this.#lastId, pending)
    worker.keepAlive(true)
    return promise
  }

  #startWorker(): WorkerClient<ContentRequest, ContentReply> {
    return new WorkerClient({
      name: 'content',
      url: this.#options.url,
      start: { role: 'content', path: this.#options.path } satisfies WorkerStart,
      onReport: (reply: ContentReply) => this.#onReply(reply),
      onDeath: (error, isRestarted) => {
        if (!isRestarted) this.#worker = undefined
        this.#rejectAll(`the content thread died: ${error.message}`)
      },
    })
  }

  #onReply(reply: ContentReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('error' in reply) pending?.reject(fromWire(reply.error))
    else pending?.resolve(reply.content)
    if (this.#pending.size === 0) this.#worker?.keepAlive(false)
  }

  #rejectAll(message: string): void {
    for (const { reject } of this.#pending.values()) reject(storeBusy(message))
    this.#pending.clear()
  }
}
