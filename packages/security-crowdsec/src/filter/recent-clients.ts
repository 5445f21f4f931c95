import type { IpAddress } from '@gatepost/core'

const size = 4096

/** The last addresses that were judged. Noting one costs a store into an array. */
export class RecentClients {
  readonly #ring: IpAddress[] = []
  #next = 0

  note(address: IpAddress): void {
    this.#ring[this.#next] = address
    this.#next = (this.#next + 1) % size
  }

  /** Each once, the last first. */
  all(): IpAddress[] {
    const inOrder = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
    return [...new Map(inOrder.toReversed().map((address) => [address.text, address])).values()]
  }
}
