import { forgetOldest } from '../memory/forget-oldest.ts'

/** The answers that were asked for last, at most `most`. */
export class HotAnswers<V> {
  readonly #kept = new Map<string, V>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): V | undefined {
    const value = this.#kept.get(key)
    if (value === undefined) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, value)
    return value
  }

  keep(key: string, value: V): void {
    this.#kept.set(key, value)
    forgetOldest(this.#kept, this.#most)
  }

  clear(): void {
    this.#kept.clear()
  }
}
