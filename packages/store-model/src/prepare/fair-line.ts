/** What waits in one line, where the owners take turns: one of each, and what one owner asks stays in order. */
export class FairLine<Request> {
  readonly #ownerOf: (request: Request) => string
  readonly #waiting = new Map<string, Request[]>()
  readonly #first: Request[] = []

  constructor(ownerOf: (request: Request) => string) {
    this.#ownerOf = ownerOf
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#first.length === 0
  }

  push(request: Request): void {
    const owner = this.#ownerOf(request)
    const own = this.#waiting.get(owner)
    if (own === undefined) this.#waiting.set(owner, [request])
    else own.push(request)
  }

  /** It was taken and not begun. */
  putBack(request: Request): void {
    this.#first.unshift(request)
  }

  shift(): Request | undefined {
    const before = this.#first.shift()
    if (before !== undefined) return before
    const [next] = this.#waiting
    if (next === undefined) return undefined
    const [owner, own] = next
    const request = own.shift()
    // To the end of the round.
    this.#waiting.delete(owner)
    if (own.length > 0) this.#waiting.set(owner, own)
    return request
  }
}
