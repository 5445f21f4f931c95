/** Where progress is shown: standard error, so that it never mixes with an answer. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const redrawMs = 100
const barWidth = 24
const defaultColumns = 80

/** A line that is drawn over and over at a terminal, and nothing anywhere else. */
export class Progress implements Disposable {
  readonly #stream: ProgressStream
  readonly #now: () => number
  #drawnAt = Number.NEGATIVE_INFINITY
  #isDrawn = false

  constructor(
    stream: ProgressStream = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#stream = stream
    this.#now = now
  }

  /** `total` 0: it is not known how much there is. */
  show(label: string, done: number, total: number): void {
    if (this.#stream.isTTY !== true) return
    // The end is always drawn.
    if (this.#now() - this.#drawnAt < redrawMs && (total === 0 || done < total)) return
    this.#draw(this.#line(label, done, total))
  }

  /** Takes the line away, so that what follows stands alone. */
  [Symbol.dispose](): void {
    if (this.#isDrawn) this.#stream.write('\r\u001b[K')
    this.#isDrawn = false
  }

  #draw(line: string): void {
    this.#stream.write(`\r${line}\u001b[K`)
    this.#isDrawn = true
    this.#drawnAt = this.#now()
  }

  #line(label: string, done: number, total: number): string {
    const share = total === 0 ? 0 : Math.min(1, done / total)
    const filled = Math.round(share * barWidth)
    const bar = `${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}`
    const text =
      total === 0 ? label : `${label} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %`
    return text.slice(0, (this.#stream.columns ?? defaultColumns) - 1)
  }
}
