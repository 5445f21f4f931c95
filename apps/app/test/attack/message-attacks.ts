import { beginData, worstMessages } from '@gatepost/testkit'

import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { attacker } from './cast.ts'
import { measured } from './measured.ts'

function stuffed(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1')
}

/** Delivers it; answers the code of the reply. */
async function deliver(stage: AttackStage, content: Buffer): Promise<string> {
  using client = await stage.smtp(stage.network()(66))
  await beginData(client, 'a@example.org', attacker)
  client.send(content)
  client.send('\r\n.\r\n')
  return (await client.reply()).slice(0, 3)
}

const worstOfEveryKind: Attack = {
  name: 'worst-messages',
  section: '2',
  async run(stage, size) {
    const bytes = size === 'long' ? 30_000_000 : 100_000
    const broken: string[] = []
    const worst = {
      taken: 0,
      seconds: 0,
      slowest: '',
      turn: 0,
      turn_of: '',
      others: 0,
      others_of: '',
    }
    for (const { name, make } of worstMessages) {
      const content = stuffed(make(bytes))
      // Making it takes longer than anything that is measured.
      const { result, checks, turns, others, figures } = await measured(stage, size, () =>
        deliver(stage, content),
      )
      const isAnswered = ['250', '550', '552', '554'].includes(result)
      for (const [check, holds] of Object.entries({
        ...checks,
        [`answered with ${result}`]: isAnswered,
      }))
        if (!holds) broken.push(`${name}: ${check}`)
      const seconds = Number(figures['seconds'])
      if (result === '250') worst.taken += 1
      if (seconds > worst.seconds) Object.assign(worst, { seconds, slowest: name })
      if (turns.maxMs > worst.turn) Object.assign(worst, { turn: turns.maxMs, turn_of: name })
      if (others.worstMs > worst.others)
        Object.assign(worst, { others: others.worstMs, others_of: name })
    }
    return outcomeOf(
      { [`all hold${broken.length === 0 ? '' : `: ${broken.join(', ')}`}`]: broken.length === 0 },
      {
        messages: worstMessages.length,
        bytes,
        taken: worst.taken,
        slowest: worst.slowest,
        seconds: worst.seconds,
        turn_max_ms: worst.turn,
        turn_max_of: worst.turn_of,
        others_ms: worst.others,
        others_of: worst.others_of,
      },
    )
  },
}

export const messageAttacks: readonly Attack[] = [worstOfEveryKind]
