import { MailError } from '@gatepost/core'

export interface QueuedSearch {
  readonly account: number
  /** In that place, until `leave`. */
  start(place: number): void
}

export interface SearchQueueLimits {
  readonly maxRunning: number
  readonly maxWaiting: number
  readonly maxWaitingPerAccount: number
}

/** Searches that wait for a thread: accounts in turn, at most one of an account running, and no more waiting than a client can have use for. */
export class SearchQueue {
  readonly #limits: SearchQueueLimits
  /** By account, in the order of their turns. */
  readonly #waiting = new Map<number, QueuedSearch[]>()
  readonly #running = new Set<number>()
  /** The account in each place. */
  readonly #places: (number | undefined)[]
  #size = 0

  constructor(limits: SearchQueueLimits) {
    this.#limits = limits
    this.#places = Array.from({ length: limits.maxRunning }, () => undefined)
  }

  get waiting(): number {
    return this.#size
  }

  /** @throws MailError busy `search.tooMany` */
  add(search: QueuedSearch): void {
    const own = this.#waiting.get(search.account)
    const { maxWaiting, maxWaitingPerAccount } = this.#limits
    if (this.#size >= maxWaiting || (own?.length ?? 0) >= maxWaitingPerAccount) throw tooMany()
    if (own === undefined) this.#waiting.set(search.account, [search])
    else own.push(search)
    this.#size += 1
    this.#startNext()
  }

  /** Of those that wait; answers whether it was one. */
  drop(search: QueuedSearch): boolean {
    const own = this.#waiting.get(search.account)
    const at = own?.indexOf(search) ?? -1
    if (own === undefined || at === -1) return false
    own.splice(at, 1)
    if (own.length === 0) this.#waiting.delete(search.account)
    this.#size -= 1
    return true
  }

  /** The search in that place has ended. */
  leave(place: number): void {
    const account = this.#places[place]
    if (account === undefined) return
    this.#places[place] = undefined
    this.#running.delete(account)
    this.#startNext()
  }

  /** Those that run and those that wait are gone, with their thread. */
  clear(): void {
    this.#waiting.clear()
    this.#running.clear()
    this.#places.fill(undefined)
    this.#size = 0
  }

  #startNext(): void {
    for (;;) {
      const place = this.#places.indexOf(undefined)
      const search = place === -1 ? undefined : this.#take()
      if (search === undefined) return
      this.#places[place] = search.account
      this.#running.add(search.account)
      search.start(place)
    }
  }

  #take(): QueuedSearch | undefined {
    for (const [account, own] of this.#waiting) {
      if (this.#running.has(account)) continue
      const first = own.shift()
      this.#waiting.delete(account)
      // Behind all others, until its next turn.
      if (own.length > 0) this.#waiting.set(account, own)
      this.#size -= 1
      return first
    }
    return undefined
  }
}

function tooMany(): MailError {
  return new MailError('busy', 'search.tooMany', 'too many searches of this account are waiting', {
    publicText: 'Too many searches are waiting, try again later',
  })
}
