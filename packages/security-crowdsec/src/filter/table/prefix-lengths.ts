import { firstV6Code } from '../stream/address-words.ts'

/** Which prefix lengths decisions have, so that no other is looked for. A code stands for a family and a length. */
export class PrefixLengths {
  /** How many decisions there are of each code. */
  readonly #counts = new Int32Array(256)
  #inUse: { readonly 4: readonly number[]; readonly 6: readonly number[] } = { 4: [], 6: [] }

  /** The codes in use, longest first. */
  of(family: 4 | 6): readonly number[] {
    return this.#inUse[family]
  }

  count(code: number, by: 1 | -1): void {
    const before = this.#counts[code] ?? 0
    this.#counts[code] = before + by
    if (before !== 0 && before + by !== 0) return
    const codes = [...this.#counts.keys()].filter((other) => this.#counts[other] !== 0).toReversed()
    this.#inUse = {
      4: codes.filter((other) => other < firstV6Code),
      6: codes.filter((other) => other >= firstV6Code),
    }
  }
}
