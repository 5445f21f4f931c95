import type { EmailQuery, MailboxQuery, PrincipalId, SearchOptions } from '@gatepost/core'
import { storeBusy, WorkerClient } from '@gatepost/store-model'

import { fromWire } from '../errors.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import type { SearchFound, SearchReply, SearchRequest } from './protocol.ts'
import { abandoned } from './search-clock.ts'
import type { SearchLane } from './search-lane.ts'
import { type QueuedSearch, SearchQueue } from './search-queue.ts'

/** So much has come in that it should be indexed before somebody searches. */
const startAfterCommits = 500

const maxWaiting = 4_096
/** As many as an address has connections by default: programs of one account that all search at once wait for each other, and are not refused. */
const maxWaitingPerAccount = 128
/** Long ones go in turns; of the short ones each is a turn. */
const maxRunning: Readonly<Record<SearchLane, number>> = { text: 4, list: 1 }

export interface SearchClientOptions {
  readonly url: URL
  readonly path: string
  readonly lane: SearchLane
  /** Of the full-text index, when it is this thread that keeps it. */
  readonly indexPath?: string
  /** Time of its own that a search may take. */
  readonly maxMs: number
}

/** What is asked of a search thread; the thread starts with the first search. */
export class SearchClient implements AsyncDisposable {
  readonly #options: SearchClientOptions
  readonly #queue: SearchQueue
  readonly #flags: Int32Array<SharedArrayBuffer>
  readonly #asked = new Set<AskedSearch>()
  readonly #running = new Map<number, AskedSearch>()
  #commits = 0
  #worker: WorkerClient<SearchRequest, SearchReply> | undefined
  #lastId = 0

  constructor(options: SearchClientOptions) {
    const places = maxRunning[options.lane]
    this.#options = options
    this.#queue = new SearchQueue({ maxRunning: places, maxWaiting, maxWaitingPerAccount })
    this.#flags = new Int32Array(new SharedArrayBuffer(places * Int32Array.BYTES_PER_ELEMENT))
  }

  /**
   * @throws MailError notFound `account.notFound`, `mailbox.notFound`, `search.anchorNotFound`; limit `search.tooComplex`, `search.tookTooLong`; busy `store.busy`,
   * `search.tooMany`, `search.abandoned`
   */
  async search(
    account: number,
    query: EmailQuery | MailboxQuery,
    { signal, viewer }: SearchOptions = {},
  ): Promise<SearchFound> {
    if (signal?.aborted === true) throw abandoned()
    const { promise, resolve, reject } = Promise.withResolvers<SearchFound>()
    const asked: AskedSearch = {
      account,
      query,
      viewer,
      resolve,
      reject,
      start: (place) => this.#start(asked, place),
    }
    const abandon = (): void => this.#abandon(asked)
    signal?.addEventListener('abort', abandon)
    try {
      this.#asked.add(asked)
      this.#queue.add(asked)
      return await promise
    } finally {
      signal?.removeEventListener('abort', abandon)
      this.#asked.delete(asked)
    }
  }

  noteCommits(count: number): void {
    this.#commits += count
    if (this.#commits >= startAfterCommits && this.#options.indexPath !== undefined)
      this.#worker ??= this.#startWorker()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What waits does not begin, and what runs is given up: a store that closes waits for no search.
    this.#queue.clear()
    for (let place = 0; place < this.#flags.length; place += 1) Atomics.store(this.#flags, place, 1)
    await this.#worker?.[Symbol.asyncDispose]()
    this.#rejectAll(storeBusy('the store is closed'))
  }

  #start(asked: AskedSearch, place: number): void {
    try {
      const worker = (this.#worker ??= this.#startWorker())
      this.#lastId += 1
      Atomics.store(this.#flags, place, 0)
      worker.send({
        id: this.#lastId,
        place,
        account: asked.account,
        query: asked.query,
        viewer: asked.viewer,
      })
      this.#running.set(this.#lastId, asked)
      asked.place = place
      worker.keepAlive(true)
    } catch (error) {
      asked.reject(error)
      this.#queue.leave(place)
    }
  }

  /** What waits is forgotten; what runs ends at its next row, and has its place until then. */
  #abandon(asked: AskedSearch): void {
    if (!this.#queue.drop(asked) && asked.place !== undefined)
      Atomics.store(this.#flags, asked.place, 1)
    asked.reject(abandoned())
  }

  #startWorker(): WorkerClient<SearchRequest, SearchReply> {
    const { url, path, indexPath, maxMs } = this.#options
    return new WorkerClient({
      name: `search-${this.#options.lane}`,
      url,
      start: {
        role: 'search',
        path,
        indexPath,
        search: { flags: this.#flags.buffer, maxMs },
      } satisfies WorkerStart,
      onReport: (reply: SearchReply) => this.#onReply(reply),
      onDeath: (error, isRestarted) => {
        if (!isRestarted) this.#worker = undefined
        this.#rejectAll(storeBusy(`the search thread died: ${error.message}`))
      },
    })
  }

  #onReply(reply: SearchReply): void {
    const asked = this.#running.get(reply.id)
    if (asked?.place === undefined) return
    this.#running.delete(reply.id)
    if ('error' in reply) asked.reject(fromWire(reply.error))
    else asked.resolve(reply.found)
    const { place } = asked
    asked.place = undefined
    this.#queue.leave(place)
    if (this.#running.size === 0) this.#worker?.keepAlive(false)
  }

  #rejectAll(error: Error): void {
    this.#running.clear()
    this.#queue.clear()
    for (const asked of this.#asked) asked.reject(error)
  }
}

interface AskedSearch extends QueuedSearch {
  readonly query: EmailQuery | MailboxQuery
  readonly viewer: PrincipalId | undefined
  readonly resolve: (found: SearchFound) => void
  readonly reject: (error: unknown) => void
  /** While it runs. */
  place?: number | undefined
}
