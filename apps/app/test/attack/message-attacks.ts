import { worstMessages } from '@gatepost/testkit'

import { outcomeOf, type Attack } from './attack.ts'
import { attacker } from './cast.ts'
import { measured } from './measured.ts'

function stuffed(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1')
}

const worstOfEveryKind: Attack = {
  name: 'worst-messages',
  section: '2',
  async run(stage, size) {
    const bytes = size === 'long' ? 30_000_000 : 100_000
    const slowest = { name: '', ms: 0 }
    const { result, checks, figures } = await measured(stage, size, async () => {
      const codes: string[] = []
      for (const { name, make } of worstMessages) {
        const message = stuffed(make(bytes))
        using client = await stage.smtp(stage.network()(66))
        await client.ask('MAIL FROM:<a@example.org>')
        await client.ask(`RCPT TO:<${attacker}>`)
        await client.ask('DATA')
        const begun = performance.now()
        client.send(message)
        client.send('\r\n.\r\n')
        codes.push((await client.reply()).slice(0, 3))
        const ms = Math.round(performance.now() - begun)
        if (ms > slowest.ms) Object.assign(slowest, { name, ms })
      }
      return codes
    })
    return outcomeOf(
      {
        ...checks,
        'each is taken or refused': result.every((code) =>
          ['250', '550', '552', '554'].includes(code),
        ),
      },
      {
        messages: result.length,
        bytes,
        taken: result.filter((code) => code === '250').length,
        slowest: slowest.name,
        slowest_ms: slowest.ms,
        ...figures,
      },
    )
  },
}

export const messageAttacks: readonly Attack[] = [worstOfEveryKind]
