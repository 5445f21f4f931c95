import { expect, it } from 'vitest'

import { requirePrograms } from '../mail/support/external-program.ts'
import { powerLosses } from './power-loss.ts'

it('power that goes under load takes nothing that was acknowledged and leaves nothing in parts (long form: npm run fault)', async (context) => {
  requirePrograms(context, 'strace')
  const seed = Date.now() % 1_000_000
  const { problems, acknowledged, lost, torn } = await powerLosses({ moments: 8, seed })
  expect(problems, `seed ${seed}`).toEqual([])
  expect(acknowledged).toBeGreaterThan(36 + 20)
  // Without writes that were still under way, nothing would have been tried.
  expect(lost + torn).toBeGreaterThan(0)
}, 300_000)
