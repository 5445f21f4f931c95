import { forgetOldest } from '@gatepost/core'

const maxKept = 4096

/** The transactions that have a role address among their recipients, such as postmaster. Those that never came to a message are forgotten, the oldest first. */
export class RoleTransactions {
  readonly #ids = new Set<string>()

  add(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    forgetOldest(this.#ids, maxKept)
  }

  /** Whether it was one, which it is no longer. */
  take(id: string): boolean {
    return this.#ids.delete(id)
  }
}
