export interface WaitingLineOptions {
  /** Of one account, as the next. */
  readonly maxInside: number
  readonly maxWaiting: number
  /** How long one waits at most. */
  readonly waitMs: number
}

/** `full`: no more may wait. `late`: it was not its turn in time. `left`: it went before. */
export type Turn = 'inside' | 'full' | 'late' | 'left'

/** How many of something one account does at once. What is more waits, first come, first served. */
export class WaitingLine {
  readonly #options: WaitingLineOptions
  readonly #lanes = new Map<string, Lane>()

  constructor(options: WaitingLineOptions) {
    this.#options = options
  }

  /** The caller leaves whatever comes of it. */
  enter(account: string): Visit {
    const lane = this.#lanes.get(account) ?? new Lane(() => this.#lanes.delete(account))
    this.#lanes.set(account, lane)
    return new Visit(lane, this.#options)
  }
}

/** Of one account. */
class Lane {
  readonly waiting: Set<() => void> = new Set()
  readonly #onEmpty: () => void
  #inside = 0

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty
  }

  get inside(): number {
    return this.#inside
  }

  enter(): void {
    this.#inside += 1
  }

  /** The place is the next one's. */
  leave(): void {
    const [next] = this.waiting
    if (next !== undefined) {
      next()
      return
    }
    this.#inside -= 1
    if (this.#inside === 0) this.#onEmpty()
  }
}

export class Visit {
  readonly turn: Promise<Turn>
  readonly #lane: Lane
  readonly #settle: (turn: Turn) => void
  #state: Turn | 'waiting' = 'waiting'

  constructor(lane: Lane, { maxInside, maxWaiting, waitMs }: WaitingLineOptions) {
    const { promise, resolve } = Promise.withResolvers<Turn>()
    this.turn = promise
    this.#lane = lane
    const call = (): void => this.#settle('inside')
    let timer: NodeJS.Timeout | undefined
    this.#settle = (turn) => {
      clearTimeout(timer)
      lane.waiting.delete(call)
      this.#state = turn
      resolve(turn)
    }
    if (lane.inside < maxInside) {
      lane.enter()
      call()
    } else if (lane.waiting.size >= maxWaiting) this.#settle('full')
    else {
      lane.waiting.add(call)
      timer = setTimeout(() => this.#settle('late'), waitMs)
    }
  }

  /** Gives up the place, or the wait for it. Once counts. */
  leave(): void {
    const state = this.#state
    if (state === 'waiting') this.#settle('left')
    if (state !== 'inside') return
    this.#state = 'left'
    this.#lane.leave()
  }
}
