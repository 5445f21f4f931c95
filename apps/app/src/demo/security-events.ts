import { appendFileSync } from 'node:fs'

import type { LogDestination } from '@gatepost/telemetry'

/** The security log: what the engine reads from the file, and we from here. */
export class SecurityEvents implements LogDestination {
  readonly lines: string[] = []
  /** When the last line was written, by performance.now(). */
  lastAt = 0
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  write(line: string): void {
    appendFileSync(this.#file, line)
    this.lines.push(line)
    this.lastAt = performance.now()
  }
}
