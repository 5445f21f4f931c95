import { contentSize, type NewContent } from '@gatepost/core'
import {
  movable,
  prepareBlob,
  type PreparedBlob,
  type PreparedMessage,
  prepareMessage,
  storeBusy,
  WorkerClient,
} from '@gatepost/store-model'

import type { Prepared, PrepareReply, PrepareRequest } from './protocol.ts'

interface Pending {
  readonly bytes: number
  readonly resolve: (prepared: Prepared) => void
  readonly reject: (error: Error) => void
}

/** What is larger is read in a thread of its own: the worst of this size takes a few milliseconds. */
const maxOwnBytes = 65_536
/** As much as a door takes in at once; one is let in however large it is. */
const maxWaitingBytes = 268_435_456

/** Derives from content what is stored of it, large content beside the event loop; the thread starts with the first. */
export class Preparer implements AsyncDisposable {
  readonly #pending = new Map<number, Pending>()
  #worker: WorkerClient<PrepareRequest, PrepareReply> | undefined
  #waitingBytes = 0
  #lastId = 0

  /** `mayMove`: the caller is done with all of the content's memory. @throws MailError busy `store.busy` */
  async message(content: NewContent, mayMove = false): Promise<PreparedMessage> {
    if (contentSize(content) <= maxOwnBytes) return prepareMessage(content)
    return (await this.#ask('message', content, mayMove)) as PreparedMessage
  }

  /** @throws MailError busy `store.busy` */
  async blob(content: NewContent): Promise<PreparedBlob> {
    if (contentSize(content) <= maxOwnBytes) return prepareBlob(content)
    return this.#ask('blob', content, false)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]()
    this.#rejectAll('the store is closed')
  }

  #ask(kind: PrepareRequest['kind'], content: NewContent, mayMove: boolean): Promise<Prepared> {
    const bytes = contentSize(content)
    if (this.#pending.size > 0 && this.#waitingBytes + bytes > maxWaitingBytes)
      throw storeBusy('too much content is waiting')
    const worker = (this.#worker ??= this.#startWorker())
    const { promise, ...pending } = Promise.withResolvers<Prepared>()
    this.#lastId += 1
    worker.send({ id: this.#lastId, kind, content }, mayMove ? movable(content) : [])
    this.#pending.set(this.#lastId, { ...pending, bytes })
    this.#waitingBytes += bytes
    worker.keepAlive(true)
    return promise
  }

  #startWorker(): WorkerClient<PrepareRequest, PrepareReply> {
    return new WorkerClient({
      name: 'prepare',
      url: new URL('./prepare-worker.ts', import.meta.url),
      start: undefined,
      onReport: (reply: PrepareReply) => this.#onReply(reply),
      onDeath: (error, isRestarted) => {
        if (!isRestarted) this.#worker = undefined
        this.#rejectAll(`the thread that reads messages died: ${error.message}`)
      },
    })
  }

  #onReply(reply: PrepareReply): void {
    const pending = this.#pending.get(reply.id)
    if (pending === undefined) return
    this.#pending.delete(reply.id)
    this.#waitingBytes -= pending.bytes
    if ('error' in reply) pending.reject(new Error(reply.error))
    else pending.resolve(reply.prepared)
    if (this.#pending.size === 0) this.#worker?.keepAlive(false)
  }

  #rejectAll(message: string): void {
    for (const { reject } of this.#pending.values()) reject(storeBusy(message))
    this.#pending.clear()
    this.#waitingBytes = 0
  }
}
