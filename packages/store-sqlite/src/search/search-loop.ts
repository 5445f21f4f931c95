import { toWire } from '../errors.ts'
import type { SearchReply, SearchRequest, SearchStart } from './protocol.ts'
import { abandoned, SearchClock } from './search-clock.ts'
import type { SearchRunner } from './search-runner.ts'

const givenUp: SearchReply = { id: 0, error: toWire(abandoned()) }

interface Running {
  readonly clock: SearchClock
  readonly steps: Generator<undefined, SearchReply>
}

/** The searches of one thread, a turn each: a long one does not hold up a short one. */
export class SearchLoop {
  readonly #flags: Int32Array
  readonly #maxMs: number
  readonly #runnerOf: (place: number) => SearchRunner
  readonly #reply: (reply: SearchReply) => void
  #running: Running[] = []

  /** `runnerOf`: searches that run at once need connections of their own. */
  constructor(
    { flags, maxMs }: SearchStart,
    runnerOf: (place: number) => SearchRunner,
    reply: (reply: SearchReply) => void,
  ) {
    this.#flags = new Int32Array(flags)
    this.#maxMs = maxMs
    this.#runnerOf = runnerOf
    this.#reply = reply
  }

  push(request: SearchRequest): void {
    const clock = new SearchClock(this.#flags, request.place, this.#maxMs)
    const steps = this.#runnerOf(request.place).run(request, clock)
    this.#running.push({ clock, steps })
    if (this.#running.length === 1) setImmediate(() => this.#turn())
  }

  /** Gives up what runs: its connections can be closed. */
  stop(): void {
    for (const { steps } of this.#running.splice(0)) steps.return(givenUp)
  }

  #turn(): void {
    const next = this.#running.shift()
    if (next === undefined) return
    next.clock.beginTurn()
    const { done, value } = next.steps.next()
    next.clock.endTurn()
    if (done === true) this.#reply(value)
    else this.#running.push(next)
    if (this.#running.length > 0) setImmediate(() => this.#turn())
  }
}
