/** `npm run -s fault -- [--kills N] [--seed N]`: the long form of apps/app/test/fault/kill.test.ts. Exit code 1 when anything is lost. */
import { parseArgs } from 'node:util'

import { killRounds } from '../apps/app/test/fault/kill-rounds.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const report = await killRounds({
  kills: Number(values.kills ?? 200),
  seed,
  onRound: (round, acknowledged) => {
    if (round % 10 === 0)
      console.error(`${round} kills, ${acknowledged} acknowledged changes and messages intact`)
  },
})
console.log(JSON.stringify({ seed, ...report }))
process.exitCode = report.problems.length > 0 ? 1 : 0
