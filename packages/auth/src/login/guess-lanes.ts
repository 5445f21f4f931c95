import { FairTurns, type TurnSource } from '@gatepost/core'

const maxAccounts = 4096
const maxWaiting = 32
/** Of one network. */
const maxWaitingPerKey = 4

/** Logins at an account under `slow` go one at a time, the networks in turn: thirty guesses side by side are as slow as thirty one after the other. */
export class GuessLanes {
  readonly #lanes = new Map<string, { readonly turns: FairTurns; users: number }>()

  /** Undefined: too many wait. Otherwise how to leave. */
  async enter(account: string, source: TurnSource): Promise<(() => void) | undefined> {
    const lane = this.#laneOf(account)
    if (lane === undefined) return undefined
    lane.users += 1
    if (await lane.turns.enter(source)) return () => this.#leave(account)
    this.#release(account)
    return undefined
  }

  #laneOf(account: string): { readonly turns: FairTurns; users: number } | undefined {
    const known = this.#lanes.get(account)
    if (known !== undefined) return known
    // As many accounts under attack at once: the rest waits for a retry.
    if (this.#lanes.size >= maxAccounts) return undefined
    const turns = new FairTurns({ maxConcurrent: 1, maxWaiting, maxWaitingPerKey })
    const lane = { turns, users: 0 }
    this.#lanes.set(account, lane)
    return lane
  }

  #leave(account: string): void {
    this.#lanes.get(account)?.turns.leave()
    this.#release(account)
  }

  #release(account: string): void {
    const lane = this.#lanes.get(account)
    if (lane === undefined) return
    lane.users -= 1
    if (lane.users === 0) this.#lanes.delete(account)
  }
}
