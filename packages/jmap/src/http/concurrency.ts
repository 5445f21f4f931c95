/** How many of something one account does at once. */
export class Concurrency {
  readonly #max: number
  readonly #running = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Undefined: there are as many as may be. Otherwise the way to leave, to be called once or more. */
  enter(account: string): (() => void) | undefined {
    const running = this.#running.get(account) ?? 0
    if (running >= this.#max) return undefined
    this.#running.set(account, running + 1)
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      const left = (this.#running.get(account) ?? 1) - 1
      if (left > 0) this.#running.set(account, left)
      else this.#running.delete(account)
    }
  }
}
