/** A shorter table may lose most of itself in everyday use. */
const minKnown = 1000

/**
 * A Local API whose database fails in the middle of a long list ends it as if it were whole (release 1.7 reads 30,000 rows at a time). So a full list
 * that lacks most of what is known counts only when the next one lacks it as well.
 */
export class ShortListGuard {
  #isSecond = false

  isBelieved(listed: number, known: number): boolean {
    const isShort = known >= minKnown && listed < known / 2
    const isBelieved = !isShort || this.#isSecond
    this.#isSecond = !isBelieved
    return isBelieved
  }
}
