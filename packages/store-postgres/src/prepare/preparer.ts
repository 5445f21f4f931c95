import { contentSize, MailError, type NewContent } from '@gatepost/core'
import {
  movable,
  prepareBlob,
  type PreparedBlob,
  type PreparedMessage,
  PreparePool,
  prepareMessage,
  sizeClassOf,
  storeBusy,
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

/** Derives from content what is stored of it, large content beside the event loop; the threads start with the first. */
export class Preparer implements AsyncDisposable {
  readonly #pending = new Map<number, Pending>()
  readonly #pool: PreparePool<PrepareRequest, PrepareReply>
  #waitingBytes = 0
  #lastId = 0
  #isClosed = false

  constructor() {
    this.#pool = new PreparePool({
      url: new URL('./prepare-worker.ts', import.meta.url),
      start: undefined,
      work: {
        ownerOf: ({ owner }) => owner,
        bytesOf: ({ content }) => contentSize(content),
        movableOf: ({ content, mayMove }) => (mayMove ? movable(content) : []),
      },
      onReply: (reply) => this.#onReply(reply),
      onLost: (ids, { message }) => {
        for (const id of ids)
          this.#take(id)?.reject(storeBusy(`the thread that reads messages died: ${message}`))
      },
    })
  }

  /** `owner`: the account that takes turns with others. `mayMove`: the caller is done with all of the content's memory. @throws MailError busy `store.busy`; failed `store.closed` */
  async message(content: NewContent, owner: string, mayMove = false): Promise<PreparedMessage> {
    if (contentSize(content) <= maxOwnBytes) return prepareMessage(content)
    return (await this.#ask({ kind: 'message', content, owner, mayMove })) as PreparedMessage
  }

  /** As `message`. */
  async blob(content: NewContent, owner: string): Promise<PreparedBlob> {
    if (contentSize(content) <= maxOwnBytes) return prepareBlob(content)
    return this.#ask({ kind: 'blob', content, owner, mayMove: false })
  }

  /** Ends after everything that was asked is prepared. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#pool[Symbol.asyncDispose]()
  }

  #ask(request: Omit<PrepareRequest, 'id'>): Promise<Prepared> {
    if (this.#isClosed) throw new MailError('failed', 'store.closed', 'the store is closed')
    const bytes = contentSize(request.content)
    if (this.#pending.size > 0 && this.#waitingBytes + bytes > maxWaitingBytes)
      throw storeBusy('too much content is waiting')
    const { promise, ...pending } = Promise.withResolvers<Prepared>()
    this.#lastId += 1
    this.#pending.set(this.#lastId, { ...pending, bytes })
    this.#waitingBytes += bytes
    this.#pool.prepare({ id: this.#lastId, ...request }, sizeClassOf(bytes))
    return promise
  }

  #onReply({ ids, prepared, failed }: PrepareReply): void {
    for (const [at, id] of ids.entries()) {
      const one = prepared[at]
      if (one !== undefined) this.#take(id)?.resolve(one)
      // What is done with it is bounded by the connections, each of which writes one.
      this.#pool.settled(id)
    }
    for (const { id, error } of failed) this.#take(id)?.reject(new Error(error))
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    this.#waitingBytes -= pending?.bytes ?? 0
    return pending
  }
}
