import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { useSiege, type Siege } from './siege.ts'

const total = 50_000
const batches = 25
// As shipped.
const siegeOf = useSiege(() => ({
  GATEPOST__CROWDSEC__POLL_SECONDS: '1',
  GATEPOST__CROWDSEC__RECONCILE_SECONDS: '300',
}))

function addressOf(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
}

/** The engine's database may be locked by another of its writers for longer than it waits; what is stored by then comes twice. */
async function importFile({ stage }: Siege, file: string): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await stage.cscli('decisions', 'import', '-i', file)
      return
    } catch (error) {
      if (tries === 10 || !String(error).includes('database is locked')) throw error
    }
}

it(
  'of 50,000 decisions that are imported in batches while the stream is polled, none is missing, long before the reconciliation',
  { timeout: 240_000 },
  async (context) => {
    const siege = siegeOf(context)
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-bulk-'))
    try {
      for (let batch = 0; batch < batches; batch += 1) {
        const size = total / batches
        const rows = Array.from({ length: size }, (_, index) => addressOf(batch * size + index))
        const file = join(folder, `${batch}.csv`)
        const lines = ['duration,scope,value', ...rows.map((value) => `24h,ip,${value}`), '']
        writeFileSync(file, lines.join('\n'))
        await importFile(siege, file)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const { filter } = siege.stage.server
    const addresses = (): number => new Set(filter.decisions().map(({ value }) => value)).size
    // Fifteen seconds on a quiet machine. What the stream has lost would come after five minutes.
    await expect.poll(addresses, { timeout: 120_000, interval: 500 }).toBe(total)
  },
)
