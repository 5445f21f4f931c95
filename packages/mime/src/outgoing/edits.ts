interface Edit {
  readonly start: number
  readonly end: number
  readonly pieces: readonly Buffer[]
}

/** Changes to a message that name places of it as it was. They do not overlap; what is inserted at one place keeps its order. */
export class Edits {
  readonly #message: Buffer
  readonly #edits: Edit[] = []

  constructor(message: Buffer) {
    this.#message = message
  }

  replace(start: number, end: number, pieces: readonly Buffer[]): void {
    this.#edits.push({ start, end, pieces })
  }

  insert(at: number, text: string): void {
    this.replace(at, at, [Buffer.from(text)])
  }

  /** The message with all of them. */
  result(): Buffer {
    const pieces: Buffer[] = []
    let at = 0
    for (const { start, end, pieces: own } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      pieces.push(this.#message.subarray(at, start))
      for (const piece of own) pieces.push(piece)
      at = end
    }
    pieces.push(this.#message.subarray(at))
    return Buffer.concat(pieces)
  }
}
