import type { AttackStage, Settings } from './attack-stage.ts'

/** `short`: what has to hold anywhere, at any load. `long`: the sizes of real attacks, and times as well. */
export type Size = 'short' | 'long'

export interface Outcome {
  readonly held: boolean
  readonly figures: Readonly<Record<string, number | string>>
}

/** What an attacker can do against the running server. */
export interface Attack {
  readonly name: string
  /** Of what: 1 whose address it is, 2 that the server answers others, 3 that nobody lies or evades. */
  readonly section: '1' | '2' | '3'
  /** Of the server, over those of every stage, as in the environment: `GATEPOST__...`. */
  readonly settings?: (size: Size) => Settings
  run(stage: AttackStage, size: Size): Promise<Outcome>
}

/** Held when everything did. What did not is named in the figures. */
export function outcomeOf(
  checks: Readonly<Record<string, boolean>>,
  figures: Outcome['figures'] = {},
): Outcome {
  const broken = Object.keys(checks).filter((name) => checks[name] !== true)
  return {
    held: broken.length === 0,
    figures: broken.length === 0 ? figures : { ...figures, broken: broken.join('; ') },
  }
}
