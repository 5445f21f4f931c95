/**
 * Whether the data of a message keeps coming: whoever falls behind the least rate by more than the patience is too slow. Time that is won by being
 * faster is not saved up beyond that patience, so nobody sends much at once and then holds it for hours.
 */
export class DataPace {
  readonly #msPerByte: number
  readonly #patienceMs: number
  #dueAt: number

  constructor(
    limits: { readonly dataPatienceMs: number; readonly minDataBytesPerSecond: number },
    now: number,
  ) {
    this.#msPerByte = 1000 / limits.minDataBytesPerSecond
    this.#patienceMs = limits.dataPatienceMs
    this.#dueAt = now + limits.dataPatienceMs
  }

  came(bytes: number, now: number): void {
    this.#dueAt = Math.min(now + this.#patienceMs, this.#dueAt + bytes * this.#msPerByte)
  }

  /** Milliseconds until it is too slow when nothing more comes; 0 or less: it is. */
  left(now: number): number {
    return this.#dueAt - now
  }
}
