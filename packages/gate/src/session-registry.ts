/** Every live session: one place to find those that a decision concerns, and to say good-bye to all. */
export class SessionRegistry<S> {
  readonly #sessions = new Set<S>()
  #onEmpty: (() => void) | undefined

  get size(): number {
    return this.#sessions.size
  }

  add(session: S): void {
    this.#sessions.add(session)
  }

  remove(session: S): void {
    if (this.#sessions.delete(session) && this.#sessions.size === 0) this.#onEmpty?.()
  }

  all(): Iterable<S> {
    return this.#sessions
  }

  /** Resolves when there is none, or when the time is over. */
  async empty(withinMs: number): Promise<void> {
    if (this.#sessions.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
