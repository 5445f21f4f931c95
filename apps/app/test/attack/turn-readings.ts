import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { GatepostProcess } from '../support/gatepost-process.ts'
import { until } from './eventually.ts'
import type { Turns } from './turn-meter.ts'

/** How long the turns of the server's event loop were, in CPU time. Each reading begins anew. */
export class TurnReadings {
  readonly #file: string
  readonly #server: GatepostProcess
  #readings = 0

  constructor(folder: string, server: GatepostProcess) {
    this.#file = fileIn(folder)
    this.#server = server
  }

  /** What the server has to be started with. */
  static environment(folder: string): Readonly<Record<string, string>> {
    const meter = pathToFileURL(join(import.meta.dirname, 'turn-meter.ts')).href
    return { GATEPOST_TURNS: fileIn(folder), NODE_OPTIONS: `--import ${meter}` }
  }

  async read(): Promise<Turns> {
    this.#readings += 1
    this.#server.child.kill('SIGUSR2')
    await until(() => this.#last()?.reading === this.#readings)
    return this.#last() ?? { reading: 0, maxMs: Number.NaN, p99Ms: Number.NaN }
  }

  #last(): Turns | undefined {
    if (!existsSync(this.#file)) return undefined
    return JSON.parse(readFileSync(this.#file, 'utf8')) as Turns
  }
}

function fileIn(folder: string): string {
  return join(folder, 'turns.json')
}
