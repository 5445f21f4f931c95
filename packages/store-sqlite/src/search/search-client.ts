import type { EmailHit, EmailQuery, EmailQueryResult } from '@gatepost/core'

import { fromWire, storeBusy } from '../errors.ts'
import { emailId, modSeq, threadId, uid } from '../ids.ts'
import { WorkerClient } from '../worker-client.ts'
import { columnsPerHit, type SearchReply, type SearchRequest } from './protocol.ts'

interface Pending {
  readonly hasMailbox: boolean
  readonly resolve: (result: EmailQueryResult) => void
  readonly reject: (error: Error) => void
}

const maxWaiting = 256

/** So much has come in that it should be indexed before somebody searches. */
const startAfterCommits = 500

export interface SearchClientOptions {
  readonly url: URL
  readonly path: string
  /** Of the full-text index, when it is this process that keeps it. */
  readonly indexPath?: string
}

/** The calling thread's side of the search thread, which starts with the first search. */
export class SearchClient implements AsyncDisposable {
  readonly #where: SearchClientOptions
  #commits = 0
  #worker: WorkerClient<SearchRequest, SearchReply> | undefined
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor(where: SearchClientOptions) {
    this.#where = where
  }

  /** @throws MailError notFound `account.notFound`, `mailbox.notFound`; limit `search.tooComplex`; busy `store.busy` */
  search(account: number, query: EmailQuery): Promise<EmailQueryResult> {
    if (this.#pending.size >= maxWaiting)
      return Promise.reject(storeBusy('too many searches are waiting'))
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      const id = this.#lastId
      const worker = (this.#worker ??= this.#start())
      worker.send({ id, account, query })
      this.#pending.set(id, { hasMailbox: query.mailbox !== undefined, resolve, reject })
      worker.keepAlive(true)
    })
  }

  noteCommits(count: number): void {
    this.#commits += count
    if (this.#commits >= startAfterCommits && this.#where.indexPath !== undefined)
      this.#worker ??= this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]()
    this.#rejectAll(storeBusy('the store is closed'))
  }

  #start(): WorkerClient<SearchRequest, SearchReply> {
    const { url, path, indexPath } = this.#where
    return new WorkerClient({
      url,
      start: { role: 'search', path, indexPath },
      onReport: (reply: SearchReply) => this.#onReply(reply),
      onDeath: (error) => {
        this.#worker = undefined
        this.#rejectAll(storeBusy(`the search thread died: ${error.message}`))
      },
    })
  }

  #onReply(reply: SearchReply): void {
    const pending = this.#pending.get(reply.id)
    if (pending === undefined) return
    this.#pending.delete(reply.id)
    if (this.#pending.size === 0) this.#worker?.keepAlive(false)
    if ('error' in reply) pending.reject(fromWire(reply.error))
    else
      pending.resolve({
        hits: hitsOf(reply.columns, pending.hasMailbox),
        state: modSeq(reply.state),
      })
  }

  #rejectAll(error: Error): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const one of pending) one.reject(error)
  }
}

function hitsOf(columns: Float64Array, hasMailbox: boolean): EmailHit[] {
  const hits: EmailHit[] = []
  for (let at = 0; at < columns.length; at += columnsPerHit) {
    const hit = {
      emailId: emailId(columns[at] ?? 0),
      threadId: threadId(columns[at + 1] ?? 0),
      modSeq: modSeq(columns[at + 2] ?? 0),
    }
    hits.push(hasMailbox ? { ...hit, uid: uid(columns[at + 3] ?? 0) } : hit)
  }
  return hits
}
