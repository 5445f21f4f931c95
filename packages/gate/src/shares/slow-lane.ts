import { subscriberOf, type IpAddress } from '@gatepost/core'

/** Sources under `slow` are served one connection at a time; who comes beside it is told to come later. */
export class SlowLane {
  readonly #served = new Set<string>()

  /** Undefined: another one is being served. Otherwise how to leave. */
  enter(address: IpAddress): (() => void) | undefined {
    const source = subscriberOf(address).text
    if (this.#served.has(source)) return undefined
    this.#served.add(source)
    return () => this.#served.delete(source)
  }
}
