/** Aborts after a time, or when `outer` does; disposed, it leaves neither a timer nor a listener behind. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #timer: NodeJS.Timeout
  readonly #onAbort = (): void => this.#controller.abort(this.#outer.reason)

  constructor(timeoutMs: number, outer: AbortSignal) {
    this.#outer = outer
    this.#timer = setTimeout(
      () => this.#controller.abort(new DOMException('too late', 'TimeoutError')),
      timeoutMs,
    )
    if (outer.aborted) this.#onAbort()
    else outer.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#outer.removeEventListener('abort', this.#onAbort)
  }
}
