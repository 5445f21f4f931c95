import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it, vi } from 'vitest'

import {
  attackedSettings,
  attacksByAccount,
  attacksByAddress,
  newAccount,
} from './scenario-attacks.ts'
import { patience, useSiege, type Siege } from './siege.ts'

const siegeOf = useSiege(() => attackedSettings)

interface Alert {
  readonly scenario: string
  readonly source: { readonly value: string }
}

/** Those that nothing followed are among them with `-a` alone, and without a search for a scenario (crowdsec issue 2242). */
async function alertsOf(siege: Siege): Promise<readonly Alert[]> {
  const alerts: unknown = JSON.parse(await siege.stage.cscli('alerts', 'list', '-a', '-o', 'json'))
  return (alerts ?? []) as readonly Alert[]
}

function addressOf(index: number): string {
  return `127.0.20.${index + 1}`
}

describe.concurrent('on the running engine, after a real attack', () => {
  it.for(
    Object.entries(attacksByAddress).map(([name, attack], index) => ({ name, attack, index })),
  )('$name bans the address', async ({ name, attack, index }, context) => {
    const siege = siegeOf(context)
    await attack(siege, addressOf(index))
    const { decision } = await siege.banned(addressOf(index))
    expect(decision).toMatchObject({ scenario: `gatepost/${name}`, origin: 'crowdsec' })
  })

  it.for(Object.entries(attacksByAccount).map(([name, is], index) => ({ name, index, ...is })))(
    '$name concerns the account',
    async ({ name, decision, attack, index }, context) => {
      const siege = siegeOf(context)
      const account = await newAccount(siege, `victim${index}`)
      await attack(siege, account, addressOf(100 + index))
      if (decision === undefined) {
        const alert = await vi.waitUntil(
          async () => (await alertsOf(siege)).find(({ source }) => source.value === account.user),
          patience,
        )
        expect(alert).toMatchObject({ scenario: `gatepost/${name}`, decisions: null })
        return
      }
      const made = await siege.accountUnder(account.user, decision)
      expect(made).toMatchObject({ value: account.user, scenario: `gatepost/${name}` })
    },
  )
})

it('every scenario of the collection is one of them', () => {
  const folder = join(import.meta.dirname, '../../../../crowdsec/scenarios/gatepost')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const shown = [...Object.keys(attacksByAddress), ...Object.keys(attacksByAccount)]
  expect(shown.map((name) => `${name}.yaml`).toSorted()).toEqual(files.toSorted())
})
