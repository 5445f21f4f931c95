import { closeSync, openSync, readSync, watch, type FSWatcher } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** Lines of a file that another process appends to, as soon as they are there. */
export class FileTail implements Disposable {
  readonly #descriptor: number
  readonly #watcher: FSWatcher
  readonly #waiting = new Map<string, { left: number; resolve: (at: number) => void }>()
  #rest = ''

  /** The file exists. What is in it already counts. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
    this.#watcher = watch(path, () => this.#read())
    this.#read()
  }

  /** When the line with the text in it has come so many times from now on, by performance.now(). */
  saw(text: string, times: number): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(text, { left: times, resolve }))
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
    closeSync(this.#descriptor)
  }

  #read(): void {
    const piece = Buffer.alloc(65_536)
    for (;;) {
      const length = readSync(this.#descriptor, piece)
      if (length === 0) return
      const lines = (this.#rest + piece.toString('utf8', 0, length)).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line)
    }
  }

  #take(line: string): void {
    for (const [text, wanted] of this.#waiting) {
      if (!line.includes(text)) continue
      wanted.left -= 1
      if (wanted.left > 0) continue
      this.#waiting.delete(text)
      wanted.resolve(performance.now())
    }
  }
}
