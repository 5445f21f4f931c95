import { MailError, type QueryWindow } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

export interface ResultWindowOptions {
  readonly window: QueryWindow
  readonly collapseThreads: boolean
  /** Whether every result is to be counted. */
  readonly counts: boolean
}

export interface FoundWindow {
  readonly ids: Float64Array<ArrayBuffer>
  readonly position: number
  readonly hasMore: boolean
  /** All results, when they were counted. */
  readonly count: number
}

/** Takes results in their order, and keeps what is in the window (RFC 8620 section 5.5, RFC 8621 section 4.4.3). */
export class ResultWindow {
  readonly #options: ResultWindowOptions
  readonly #anchor: number | undefined
  readonly #ids: number[] = []
  readonly #threads = new Set<number>()
  #start: number | undefined

  constructor(options: ResultWindowOptions) {
    const { window } = options
    this.#options = options
    if ('anchor' in window) this.#anchor = keyOf('e', window.anchor)
    else if (window.position >= 0) this.#start = window.position
  }

  /** Whether nothing that comes can matter any more. */
  get isComplete(): boolean {
    const { counts, window } = this.#options
    return !counts && this.#start !== undefined && this.#ids.length > this.#start + window.limit
  }

  /** Results that are enough, one more than the window has; undefined when that is not known before. */
  get mostNeeded(): number | undefined {
    const { counts, collapseThreads, window } = this.#options
    if (counts || collapseThreads || this.#start === undefined) return undefined
    return this.#anchor === undefined ? this.#start + window.limit + 1 : undefined
  }

  add(email: number, thread: number): void {
    if (this.#options.collapseThreads) {
      if (this.#threads.has(thread)) return
      this.#threads.add(thread)
    }
    if (email === this.#anchor) this.#start = this.#startAt(this.#ids.length)
    this.#ids.push(email)
  }

  /** @throws MailError notFound `search.anchorNotFound` */
  finish(): FoundWindow {
    const { window } = this.#options
    const count = this.#ids.length
    if ('anchor' in window && this.#start === undefined)
      throw new MailError('notFound', 'search.anchorNotFound', 'The anchor is not in the results')
    const fromEnd = 'position' in window ? Math.max(0, count + window.position) : 0
    const position = this.#start ?? fromEnd
    const end = position + window.limit
    return {
      ids: Float64Array.from(this.#ids.slice(position, end)),
      position,
      hasMore: count > end,
      count,
    }
  }

  #startAt(index: number): number {
    const { window } = this.#options
    return 'offset' in window ? Math.max(0, index + window.offset) : index
  }
}
