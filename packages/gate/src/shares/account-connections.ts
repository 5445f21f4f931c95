import type { AccountId } from '@gatepost/core'

/** How many connections one account has, wherever they come from: a stolen password is no key to all places. */
export class AccountConnections {
  readonly #max: number
  readonly #open = new Map<AccountId, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Undefined: it has as many as it may. Otherwise how to leave, to be called once. */
  enter(account: AccountId): (() => void) | undefined {
    const open = this.#open.get(account) ?? 0
    if (open >= this.#max) return undefined
    this.#open.set(account, open + 1)
    return () => {
      const left = (this.#open.get(account) ?? 1) - 1
      if (left > 0) this.#open.set(account, left)
      else this.#open.delete(account)
    }
  }
}
