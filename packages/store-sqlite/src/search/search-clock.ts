import { MailError } from '@gatepost/core'

/** Between two looks at what else there is to do. */
const turnMs = 20

/**
 * The time of one search. SQLite cannot be interrupted from JavaScript, so statements call `check` for each row, and an error ends them. It counts the
 * time of the search's own turns.
 */
export class SearchClock {
  readonly #flags: Int32Array
  readonly #place: number
  readonly #maxMs: number
  #spentMs = 0
  #turnStart = 0

  /** `flags`: shared with who asks; at `place` is 1 when nobody waits for the answer any more. */
  constructor(flags: Int32Array, place: number, maxMs: number) {
    this.#flags = flags
    this.#place = place
    this.#maxMs = maxMs
  }

  beginTurn(): void {
    this.#turnStart = performance.now()
  }

  endTurn(): void {
    this.#spentMs += performance.now() - this.#turnStart
  }

  get isTurnOver(): boolean {
    return performance.now() - this.#turnStart >= turnMs
  }

  /** @throws MailError limit `search.tookTooLong`; busy `search.abandoned` */
  check(): void {
    if (Atomics.load(this.#flags, this.#place) !== 0) throw abandoned()
    if (this.#spentMs + performance.now() - this.#turnStart > this.#maxMs) throw tookTooLong()
  }
}

export function abandoned(): MailError {
  return new MailError('busy', 'search.abandoned', 'nobody waits for this search any more')
}

function tookTooLong(): MailError {
  return new MailError('limit', 'search.tookTooLong', 'the search took too long', {
    publicText: 'The search takes too long: search for less, or in one mailbox',
  })
}
