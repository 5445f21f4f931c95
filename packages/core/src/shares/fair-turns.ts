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
  /** 0 to 1. Default: Math.random. */
  readonly random?: () => number
}

interface Waiting {
  readonly key: string
  readonly answer: (hasTurn: boolean) => void
}

/** Every so many turns it is a stranger's, however many known ones wait. */
const strangersTurn = 4

/**
 * Something of which only so many can be done at once. Of the sources that wait any may be the next, whatever the number of its questions, so that one that
 * asks a hundred times waits behind its own questions and not before everybody else's. When no more may wait, the longest queue loses its last, and where
 * all are as long any of them does: a crowd of sources that always come again would otherwise never let another one in.
 */
export class FairTurns {
  readonly #options: FairTurnsOptions
  readonly #known: Lane
  readonly #strangers: Lane
  #running = 0
  #turns = 0

  constructor(options: FairTurnsOptions) {
    this.#options = options
    const { random = Math.random } = options
    this.#known = new Lane(random)
    this.#strangers = new Lane(random)
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
      this.#strangers.dropLastOfLongest(own + 1) ??
      this.#strangers.dropAny() ??
      (isKnown ? (this.#known.dropLastOfLongest(own + 1) ?? this.#known.dropAny()) : undefined)
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

/** Queues by key. */
class Lane {
  readonly #random: () => number
  readonly #queues = new Map<string, Waiting[]>()
  #size = 0

  constructor(random: () => number) {
    this.#random = random
  }

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

  /** The first of any queue. */
  take(): Waiting | undefined {
    const queue = this.#any()
    return queue === undefined ? undefined : this.#removed(queue, queue.shift())
  }

  /** Of the longest queue, when it is longer than that. */
  dropLastOfLongest(than: number): Waiting | undefined {
    let longest: Waiting[] = []
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    return longest.length > than ? this.#removed(longest, longest.pop()) : undefined
  }

  /** The last of any queue. */
  dropAny(): Waiting | undefined {
    const queue = this.#any()
    return queue === undefined ? undefined : this.#removed(queue, queue.pop())
  }

  #any(): Waiting[] | undefined {
    let at = Math.floor(this.#random() * this.#queues.size)
    for (const queue of this.#queues.values()) {
      if (at === 0) return queue
      at -= 1
    }
    return undefined
  }

  #removed(queue: readonly Waiting[], waiting: Waiting | undefined): Waiting | undefined {
    if (waiting === undefined) return undefined
    if (queue.length === 0) this.#queues.delete(waiting.key)
    this.#size -= 1
    return waiting
  }
}
