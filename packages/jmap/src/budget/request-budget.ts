import type { Turns } from '@gatepost/core'

import { MethodError } from '../protocol/method-error.ts'

/** What one request may cost. */
export interface RequestLimits {
  /** Bytes read, decoded and parsed. */
  readonly maxRequestWorkBytes: number
  /** Values of JSON: in the request, in what its references resolve to, in its answers. */
  readonly maxRequestNodes: number
  readonly maxRequestCpuMs: number
  readonly maxResponseBytes: number
}

export interface Cost {
  readonly bytes?: number
  readonly nodes?: number
  /** Bytes that the response will carry. */
  readonly answer?: number
}

export interface RequestBudgetOptions {
  readonly limits: RequestLimits
  readonly turns: Turns
  readonly account: string
  /** Takes memory, for the answer and what is held. False: there is none left, which spends the budget. */
  readonly takeMemory?: ((bytes: number) => boolean) | undefined
  /** CPU time that this thread has used, in milliseconds. */
  readonly cpuMs: () => number
  /** Told of each turn that ended: what was declared for it, in the units of `turnUnits`, and the CPU time that it took. */
  readonly onTurn?: ((units: number, cpuMs: number) => void) | undefined
}

/** One unit is what a byte costs to decode; a value of JSON costs as much as so many bytes. */
const unitsPerNode = 64
/** What one turn of the event loop may do: a few milliseconds on a slow machine. */
export const turnUnits = 131_072
const turnMs = 5
/** Work for what the store has of an email, without its bytes. */
export const bytesPerEmail = 16_384

/** The request asks for more than one request may: this call and those behind it are refused. */
export class BudgetExceeded extends MethodError {
  constructor() {
    // RFC 8620 section 3.6.2 has no error for a whole request; that of section 5.1 tells the client to ask for less at once.
    super('requestTooLarge', 'The request is over its budget: ask for less, or in several requests')
  }
}

/**
 * What a request may still cost, in bytes, values and CPU time. Work is charged before it is done; what does not fit is not begun, and nothing
 * behind it either. It is done in turns: `step` waits for the next one when this one is full.
 */
export class RequestBudget {
  readonly #options: RequestBudgetOptions
  #bytes: number
  #nodes: number
  #answer: number
  /** Bytes that are held beside the answer. */
  #held = 0
  /** Bytes of memory that were taken: the most that the answer and what is held were at once. */
  #memory = 0
  #cpuMs: number
  #isSpent = false
  #turnUnits = 0
  /** CPU time at the start of the turn; undefined: between turns. */
  #turnStart: number | undefined

  constructor(options: RequestBudgetOptions) {
    this.#options = options
    const { limits } = options
    this.#bytes = limits.maxRequestWorkBytes
    this.#nodes = limits.maxRequestNodes
    this.#answer = limits.maxResponseBytes
    this.#cpuMs = limits.maxRequestCpuMs
  }

  /** Something was over it: the calls behind the one that runs are not looked at. */
  get isSpent(): boolean {
    return this.#isSpent
  }

  /** Takes the cost of work that is done at once. @throws BudgetExceeded, and takes nothing */
  charge(cost: Cost): void {
    this.require(cost)
    this.#takeMemory(cost.answer ?? 0)
    this.#bytes -= cost.bytes ?? 0
    this.#nodes -= cost.nodes ?? 0
    this.#answer -= cost.answer ?? 0
  }

  /** Whether it could be charged; takes nothing. @throws BudgetExceeded */
  require({ bytes = 0, nodes = 0, answer = 0 }: Cost): void {
    const isOver =
      bytes > this.#bytes || nodes > this.#nodes || answer > this.#answer || this.#cpuMs <= 0
    if (isOver) this.#spend()
  }

  #takeMemory(more: number): void {
    const { limits, takeMemory } = this.#options
    const answer = limits.maxResponseBytes - this.#answer
    const wanted = answer + this.#held + more - this.#memory
    if (wanted <= 0 || takeMemory === undefined) return
    if (!takeMemory(wanted)) this.#spend()
    this.#memory += wanted
  }

  #spend(): never {
    this.#isSpent = true
    throw new BudgetExceeded()
  }

  /** As `charge`, then waits for a turn in which the work fits. */
  async step(cost: Cost): Promise<void> {
    this.charge(cost)
    await this.work((cost.bytes ?? 0) + (cost.nodes ?? 0) * unitsPerNode)
  }

  /** Waits for a turn for work that is paid for, such as writing what was charged as an answer. */
  async work(units: number): Promise<void> {
    const start = this.#turnStart
    const isFull =
      start === undefined ||
      (this.#turnUnits > 0 && this.#turnUnits + units > turnUnits) ||
      this.#options.cpuMs() - start > turnMs
    if (isFull) await this.#nextTurn()
    this.#turnUnits += units
  }

  /** Waits for others (the disk, the search), which costs the request nothing, and goes on in a turn of its own. */
  async aside<T>(others: () => Promise<T>): Promise<T> {
    this.#endTurn()
    try {
      return await others()
    } finally {
      await this.#nextTurn()
    }
  }

  /** Waits for what is mostly there at once, such as a read of the store: as `aside` when the event loop goes on meanwhile, else in the same turn. */
  async awaiting<T>(others: () => Promise<T>): Promise<T> {
    let isLate = false
    const leave = setImmediate(() => {
      isLate = true
      this.#endTurn()
    })
    try {
      return await others()
    } finally {
      clearImmediate(leave)
      if (isLate) await this.#nextTurn()
    }
  }

  /** What is charged while it is held comes out of what is left beside it. @throws BudgetExceeded */
  reserve(cost: Cost): Disposable {
    this.charge(cost)
    return {
      [Symbol.dispose]: () => {
        this.#bytes += cost.bytes ?? 0
        this.#nodes += cost.nodes ?? 0
        this.#answer += cost.answer ?? 0
      },
    }
  }

  /** Memory for something large that is kept beside the answer, in bytes. @throws BudgetExceeded when there is none left */
  hold(bytes: number): Disposable {
    this.#takeMemory(bytes)
    this.#held += bytes
    let left = bytes
    return {
      [Symbol.dispose]: () => {
        this.#held -= left
        left = 0
      },
    }
  }

  /** The request is answered. */
  end(): void {
    this.#endTurn()
  }

  async #nextTurn(): Promise<void> {
    this.#endTurn()
    const { turns, account, cpuMs } = this.#options
    await turns.take(account)
    this.#turnStart = cpuMs()
  }

  #endTurn(): void {
    if (this.#turnStart === undefined) return
    const { cpuMs, onTurn } = this.#options
    const turnCpuMs = cpuMs() - this.#turnStart
    this.#cpuMs -= turnCpuMs
    this.#turnStart = undefined
    onTurn?.(this.#turnUnits, turnCpuMs)
    this.#turnUnits = 0
  }
}
