import { expect, it } from 'vitest'

import { killRounds } from './kill-rounds.ts'

it('kill -9 under load loses nothing that was acknowledged and leaves nothing in parts (long form: npm run fault)', async () => {
  const report = await killRounds({ kills: 4, seed: Date.now() % 1_000_000 })
  expect(report.problems).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(0)
  expect(report.sentTwice).toBeLessThanOrEqual(report.kills)
})
