/** Memory for messages on their way in and answers on their way out, all doors of the process together: each door shares out its part (`DataMemory`), and all parts together are no more than this. */
export class MemoryPool {
  readonly #limitBytes: number
  #usedBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** False, and nothing taken, when there is not so much left. */
  take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
  }
}
