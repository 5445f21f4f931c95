/** Whose turn it is to be. */
export interface TurnSource {
  /** Those of one key wait behind each other, and the keys are served in turn: a network, not an address. */
  readonly key: string
  /** Somebody has logged in from there lately: served before strangers. */
  readonly isKnown: boolean
}

export interface FairTurnsOptions {
  readonly maxConcurrent: number
  readonly maxWaiting: number
  /** Of one key. */
  readonly maxWaitingPerKey: number
}

interface Waiting {
  readonly key: string
  readonly answer: (hasTurn: boolean) => void
}

/** Every so many turns it is a stranger's, however many known ones wait. */
const strangersTurn = 4

/**
 * Something of which only so many can be done at once. Sources that wait are served in turn, so that one that asks a hundred times waits behind its own
 * questions and not before everybody else's; when no more may wait, the longest queue loses its last.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions
  readonly #known = new Lane()
  readonly #strangers = new Lane()
  #running = 0
  #turns = 0

  constructor(options: FairTurnsOptions) {
    this.#options = options
  }

  /** How many of this key wait. */
  waitingOf(key: string): number {
    return this.#known.of(key) + this.#strangers.of(key)
  }

  /** Resolves with true when it is its turn, which ends with `leave`; with false when too many wait. */
  enter(source: TurnSource): Promise<boolean> {
    if (this.#running < this.#options.maxConcurrent) {
      this.#running += 1
      return Promise.resolve(true)
    }
    if (!this.#hasRoom(source)) return Promise.resolve(false)
    const lane = source.isKnown ? this.#known : this.#strangers
    return new Promise((answer) => lane.add({ key: source.key, answer }))
  }

  leave(): void {
    const next = this.#next()
    // The place of the one that leaves is the next one's.
    if (next === undefined) this.#running -= 1
    else next.answer(true)
  }

  #hasRoom({ key, isKnown }: TurnSource): boolean {
    const { maxWaiting, maxWaitingPerKey } = this.#options
    const own = this.waitingOf(key)
    if (own >= maxWaitingPerKey) return false
    if (this.#known.size + this.#strangers.size < maxWaiting) return true
    const evicted =
      this.#strangers.dropLastOfLongest(isKnown ? 0 : own + 1) ??
      (isKnown ? this.#known.dropLastOfLongest(own + 1) : undefined)
    evicted?.answer(false)
    return evicted !== undefined
  }

  #next(): Waiting | undefined {
    this.#turns += 1
    const isStrangers = this.#turns % strangersTurn === 0
    const [first, second] = isStrangers
      ? [this.#strangers, this.#known]
      : [this.#known, this.#strangers]
    return first.take() ?? second.take()
  }
}

/** Queues by key, the keys in turn. */
class Lane {
  readonly #queues = new Map<string, Waiting[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  of(key: string): number {
    return this.#queues.get(key)?.length ?? 0
  }

  add(waiting: Waiting): void {
    const queue = this.#queues.get(waiting.key)
    if (queue === undefined) this.#queues.set(waiting.key, [waiting])
    else queue.push(waiting)
    this.#size += 1
  }

  take(): Waiting | undefined {
    for (const [key, queue] of this.#queues) {
      const first = queue.shift()
      this.#queues.delete(key)
      // Behind all others, until its next turn.
      if (queue.length > 0) this.#queues.set(key, queue)
      if (first !== undefined) this.#size -= 1
      return first
    }
    return undefined
  }

  /** Of the longest queue, when it is longer than that. */
  dropLastOfLongest(than: number): Waiting | undefined {
    let longest: Waiting[] = []
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    if (longest.length <= than) return undefined
    const last = longest.pop()
    if (last === undefined) return undefined
    if (longest.length === 0) this.#queues.delete(last.key)
    this.#size -= 1
    return last
  }
}
