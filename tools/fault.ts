/**
 * `npm run -s fault -- [--kills N] [--power-losses N] [--seed N]`: the long forms of kill.test.ts and power-loss.test.ts in apps/app/test/fault. Exit code 1
 * when anything is lost.
 */
import { parseArgs } from 'node:util'

import { killRounds } from '../apps/app/test/fault/kill-rounds.ts'
import { powerLosses } from '../apps/app/test/fault/power-loss.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    'power-losses': { type: 'string' },
    seed: { type: 'string' },
  },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const losses = await powerLosses({
  moments: Number(values['power-losses'] ?? 300),
  seed,
  onMoment: (moment) => {
    if (moment % 50 === 0) console.error(`${moment} times without power`)
  },
})
console.log(JSON.stringify({ seed, ...losses }))
const kills = await killRounds({
  kills: Number(values.kills ?? 200),
  seed,
  onRound: (round, acknowledged) => {
    if (round % 10 === 0)
      console.error(`${round} kills, ${acknowledged} acknowledged changes and messages intact`)
  },
})
console.log(JSON.stringify({ seed, ...kills }))
process.exitCode = losses.problems.length + kills.problems.length > 0 ? 1 : 0
