/** Work for the next turn of the event loop: done once, however often it is asked for before. */
export class NextTurn {
  readonly #work: () => void
  #isAsked = false

  constructor(work: () => void) {
    this.#work = work
  }

  ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    setImmediate(() => {
      this.#isAsked = false
      this.#work()
    })
  }
}
