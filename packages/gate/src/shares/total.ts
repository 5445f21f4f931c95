import { Occupancy } from '@gatepost/core'

/** Connections that are open or on their way in: of all listeners together, and of each that has places of its own. */
export class Total {
  readonly #max: number
  readonly #places = new Map<string, number>()
  readonly #open = new Occupancy()

  constructor(max: number) {
    this.#max = max
  }

  setApart(listener: string, places: number): void {
    this.#places.set(listener, places)
  }

  /** Undefined: there are as many as there may be. Otherwise how to give the place back, which counts once. */
  enter(listener: string): (() => void) | undefined {
    const own = this.#places.get(listener)
    const key = own === undefined ? '' : listener
    return this.#open.of(key) < (own ?? this.#max) ? this.#open.enter(key) : undefined
  }
}
