interface Edit {
  readonly start: number
  readonly end: number
  readonly pieces: readonly Buffer[]
}

/**
 * Changes to a message that name places of it as it was. They do not overlap: of two for one place the later counts. What is inserted at one place keeps
 * its order, before what stands there.
 */
export class Edits {
  readonly #message: Buffer
  /** By where they start. */
  readonly #replaced = new Map<number, Edit>()
  readonly #inserted: Edit[] = []

  constructor(message: Buffer) {
    this.#message = message
  }

  replace(start: number, end: number, pieces: readonly Buffer[]): void {
    this.#replaced.set(start, { start, end, pieces })
  }

  insert(at: number, text: string): void {
    this.#inserted.push({ start: at, end: at, pieces: [Buffer.from(text)] })
  }

  /** The message with all of them. */
  result(): Buffer {
    const pieces: Buffer[] = []
    let at = 0
    const edits = [...this.#inserted, ...this.#replaced.values()]
    for (const { start, end, pieces: own } of edits.toSorted((a, b) => a.start - b.start)) {
      pieces.push(this.#message.subarray(at, start))
      for (const piece of own) pieces.push(piece)
      at = end
    }
    pieces.push(this.#message.subarray(at))
    return Buffer.concat(pieces)
  }
}
