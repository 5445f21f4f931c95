import { existsSync, readFileSync } from 'node:fs'

export type SecurityEvent = Readonly<Partial<Record<string, string>>>

/** What CrowdSec would read. */
export class SecurityEvents {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Those with all of these values, in order. */
  of(wanted: SecurityEvent = {}): SecurityEvent[] {
    if (!existsSync(this.#path)) return []
    const lines = readFileSync(this.#path, 'utf8').split('\n')
    // What stands behind the last line end is a line that is being written.
    return lines
      .slice(0, -1)
      .map((line) => JSON.parse(line) as SecurityEvent)
      .filter((event) => Object.entries(wanted).every(([key, value]) => event[key] === value))
  }

  /** Lines left out are counted too. */
  count(wanted: SecurityEvent): number {
    return this.of(wanted).reduce((sum, { suppressed = '0' }) => sum + 1 + Number(suppressed), 0)
  }
}
