import { NextTurn } from './next-turn.ts'

/**
 * Turns of the event loop for work that would hold it: one piece of work a turn, of all requests or sessions of a door together, so that what else waits for the loop
 * (other protocols, other requests) never waits longer than one piece takes. Accounts take turns in order, however many each of them has.
 */
export class Turns {
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #nextTurn = new NextTurn(() => this.#next())

  /** Fulfils when it is the turn of one who waits for this account. */
  take(account: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const line = this.#waiting.get(account)
    if (line === undefined) this.#waiting.set(account, new Set([resolve]))
    else line.add(resolve)
    this.#nextTurn.ask()
    return promise
  }

  #next(): void {
    const [first] = this.#waiting
    if (first === undefined) return
    const [account, line] = first
    const [resolve] = line
    if (resolve !== undefined) line.delete(resolve)
    // To the end of the round.
    this.#waiting.delete(account)
    if (line.size > 0) this.#waiting.set(account, line)
    if (this.#waiting.size > 0) this.#nextTurn.ask()
    resolve?.()
  }
}
