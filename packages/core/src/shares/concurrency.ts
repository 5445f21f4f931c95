import { Occupancy } from './occupancy.ts'

/** How many of something one key, such as an account, may have at once. */
export class Concurrency {
  readonly #max: number
  readonly #inside = new Occupancy()

  constructor(max: number) {
    this.#max = max
  }

  /** Undefined: there are as many as may be. Otherwise how to give it back, which counts once. */
  enter(key: string): (() => void) | undefined {
    return this.#inside.of(key) < this.#max ? this.#inside.enter(key) : undefined
  }
}
