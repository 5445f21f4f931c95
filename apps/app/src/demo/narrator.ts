import { styleText } from 'node:util'

export interface NarratorOptions {
  readonly write: (text: string) => void
  readonly isColoured: boolean
  /** Aborted: the next step does not begin. */
  readonly signal: AbortSignal
}

/** What is told of a step. */
export interface Outcome {
  readonly words?: string
  /** When it is not the time that the act took. */
  readonly tookMs?: number
}

/** Tells what happens, one line a step: the time since the start, how long the step took, and what came of it. */
export class Narrator {
  readonly #options: NarratorOptions
  readonly #startedAt = performance.now()
  #step: string | undefined

  constructor(options: NarratorOptions) {
    this.#options = options
  }

  heading(text: string): void {
    this.#options.write(`\n${this.#styled('bold', text)}\n`)
  }

  /** Answers what the act answers. @throws what the act throws, and the reason of an abort */
  async step<T>(
    what: string,
    act: () => Promise<T>,
    tell: (result: T) => Outcome = () => ({}),
  ): Promise<T> {
    this.#step = what
    this.#options.signal.throwIfAborted()
    const begunAt = performance.now()
    const result = await act()
    const endedAt = performance.now()
    const { words, tookMs = endedAt - begunAt } = tell(result)
    const since = `${((endedAt - this.#startedAt) / 1000).toFixed(2)} s`.padStart(8)
    const took = `${Math.round(tookMs)} ms`.padStart(8)
    const end = words === undefined ? '' : `: ${this.#styled('green', words)}`
    this.#options.write(`${since} ${this.#styled('dim', took)}  ${what}${end}\n`)
    return result
  }

  /** After a step that did not work, or before the first. */
  failed(reason: string, details: readonly string[] = []): void {
    const where = this.#step === undefined ? '' : `"${this.#step}" failed: `
    const text = [where + reason, ...details.map((line) => line.trimEnd())].join('\n  ')
    this.#options.write(`${this.#styled('red', text)}\n`)
  }

  #styled(style: 'bold' | 'dim' | 'green' | 'red', text: string): string {
    return this.#options.isColoured ? styleText(style, text, { validateStream: false }) : text
  }
}
