type Range = readonly [from: number, to: number]

/** Ranges of UIDs as SQL gives them, as JSON: those of the last text are kept. */
export class UidRanges {
  #text = '[]'
  #list: readonly Range[] = []

  /** The ranges are ascending. */
  has(text: string, uid: number): boolean {
    if (this.#text !== text) {
      this.#list = JSON.parse(text) as Range[]
      this.#text = text
    }
    let low = 0
    let high = this.#list.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const [from, to] = this.#list[middle] ?? [0, 0]
      if (uid < from) high = middle - 1
      else if (uid > to) low = middle + 1
      else return true
    }
    return false
  }
}
