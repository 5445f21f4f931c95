import type { Engine } from '@gatepost/security-crowdsec/engine'

import { Narrator } from './narrator.ts'
import { Stage } from './stage.ts'
import { tellStory } from './story.ts'

export interface DemoOptions {
  /** Undefined: there is none on this machine. */
  readonly engine: Engine | undefined
  readonly write: (text: string) => void
  readonly isColoured: boolean
  /** Ends the story before its next step. */
  readonly signal: AbortSignal
}

/** Answers the exit code: 0, or 1 when something was not as told. Leaves nothing behind either way. */
export async function runDemo({ engine, ...options }: DemoOptions): Promise<number> {
  const narrator = new Narrator(options)
  if (engine === undefined) {
    narrator.failed(
      'The demo needs the CrowdSec engine. Get it with `npm run crowdsec:fetch` (Debian, Ubuntu) and try again.',
    )
    return 1
  }
  const log: string[] = []
  try {
    narrator.heading('A mail server, CrowdSec and an attacker, all on this machine')
    await using stage = await narrator.step(
      `Gatepost starts, with CrowdSec ${engine.version} as its child`,
      () => Stage.open({ engine, log: (line) => log.push(line) }),
    )
    await tellStory(stage, narrator)
    narrator.heading('That is all. Your own server: `npm start`')
    return 0
  } catch (error) {
    const complaints = log.filter((line) => /^\{"level":"(?:warn|error|fatal)"/.test(line))
    narrator.failed(error instanceof Error ? error.message : String(error), complaints)
    return 1
  }
}
