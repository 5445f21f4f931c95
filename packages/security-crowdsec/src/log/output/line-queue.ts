/** Lines that wait, up to so many bytes: then the oldest go, which are worth the least. */
export class LineQueue {
  readonly #maxBytes: number
  readonly #onDropped: (lines: number) => void
  #lines: string[] = []
  /** Of the first line: those before are gone. */
  #head = 0
  #bytes = 0
  /** Dropped from the front since the last `peek`: they are not to be removed twice. */
  #droppedSincePeek = 0

  constructor(maxBytes: number, onDropped: (lines: number) => void) {
    this.#maxBytes = maxBytes
    this.#onDropped = onDropped
  }

  get bytes(): number {
    return this.#bytes
  }

  push(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length
    let dropped = 0
    while (this.#bytes > this.#maxBytes && this.#head < this.#lines.length) {
      this.#shift()
      dropped += 1
    }
    if (dropped === 0) return
    this.#droppedSincePeek += dropped
    this.#onDropped(dropped)
  }

  /** The first lines, at least one; they stay. */
  peek(maxLines: number, maxBytes: number): { readonly text: string; readonly lines: number } {
    this.#droppedSincePeek = 0
    let end = this.#head
    let bytes = 0
    while (end < this.#lines.length && end - this.#head < maxLines) {
      bytes += this.#lines[end]?.length ?? 0
      if (bytes > maxBytes && end > this.#head) break
      end += 1
    }
    return { text: this.#lines.slice(this.#head, end).join(''), lines: end - this.#head }
  }

  /** Those of the last `peek`. Answers how many were still there. */
  remove(lines: number): number {
    const left = Math.max(0, lines - this.#droppedSincePeek)
    for (let count = 0; count < left; count += 1) this.#shift()
    this.#droppedSincePeek = 0
    return left
  }

  /** Answers how many there were. */
  clear(): number {
    const left = this.#lines.length - this.#head
    this.#lines = []
    this.#head = 0
    this.#bytes = 0
    return left
  }

  #shift(): void {
    this.#bytes -= this.#lines[this.#head]?.length ?? 0
    this.#lines[this.#head] = ''
    this.#head += 1
    if (this.#head < 1024 || this.#head * 2 < this.#lines.length) return
    this.#lines = this.#lines.slice(this.#head)
    this.#head = 0
  }
}
