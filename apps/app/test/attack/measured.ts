import { monitorEventLoopDelay } from 'node:perf_hooks'

import type { AttackStage } from './attack-stage.ts'
import type { Outcome, Size } from './attack.ts'
import { Bystanders, type BystanderOptions, type BystanderReport } from './bystanders.ts'
import type { Turns } from './turn-meter.ts'

/** No turn has more CPU time; a collection of garbage in the middle of one may add the margin. */
const longestTurnMs = 20
const marginMs = 30
const longestWaitMs = 1000

export interface Measured<T> {
  readonly result: T
  readonly others: BystanderReport
  readonly turns: Turns
  /** Others were answered, as always; in the long form also in time, and without a long turn of the event loop. */
  readonly checks: Readonly<Record<string, boolean>>
  readonly figures: Outcome['figures']
}

/** What an attack does to everybody else. */
export async function measured<T>(
  stage: AttackStage,
  size: Size,
  act: () => Promise<T>,
  options: BystanderOptions = {},
): Promise<Measured<T>> {
  await using bystanders = await Bystanders.begin(stage, options)
  await stage.turns.read()
  const own = monitorEventLoopDelay({ resolution: 1 })
  own.enable()
  const begun = performance.now()
  const result = await act()
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  const turns = await stage.turns.read()
  own.disable()
  const ownMs = Math.round(own.max / 1e6)
  const others = await bystanders.report()
  const [refusal] = others.refusals
  return {
    result,
    others,
    turns,
    checks: {
      [refusal === undefined ? 'others are answered' : `others are answered: ${refusal}`]:
        others.answered > 0 && refusal === undefined,
      ...(size === 'long'
        ? {
            // They are in one process with the attacker.
            [`others wait no longer than ${longestWaitMs} ms`]:
              others.worstMs <= longestWaitMs + ownMs,
            [`no turn over ${longestTurnMs} ms, with a margin of ${marginMs}`]:
              turns.maxMs <= longestTurnMs + marginMs,
          }
        : {}),
    },
    figures: {
      seconds,
      turn_max_ms: turns.maxMs,
      turn_p99_ms: turns.p99Ms,
      ...others.figures,
      attacker_loop_max_ms: ownMs,
    },
  }
}
