import { unpackKeywords } from './keywords.ts'

const maxEntries = 10_000

/** Most emails share few combinations of keywords: each is taken apart once. */
export class KeywordCache {
  readonly #known = new Map<string, readonly string[]>()

  unpack(packed: string): readonly string[] {
    const known = this.#known.get(packed)
    if (known !== undefined) return known
    if (this.#known.size >= maxEntries) this.#known.clear()
    const keywords = Object.freeze(unpackKeywords(packed))
    this.#known.set(packed, keywords)
    return keywords
  }
}
