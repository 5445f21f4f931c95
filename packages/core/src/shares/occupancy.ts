/** How many of something each key has at once. A key that has none takes no memory. */
export class Occupancy {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  /** One more. Answers how to give it back, which counts once. */
  enter(key: string): () => void {
    this.#counts.set(key, this.of(key) + 1)
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      const left = this.of(key) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }
}
