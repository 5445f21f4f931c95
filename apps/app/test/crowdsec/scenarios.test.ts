import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Decision } from '@gatepost/security-crowdsec'
import { describe, expect, it, vi } from 'vitest'

import {
  attackedSettings,
  attacksByAccount,
  attacksByAddress,
  newAccount,
  type Attack,
} from './scenario-attacks.ts'
import { patience, useSiege, type Siege } from './siege.ts'

const siegeOf = useSiege(() => attackedSettings)

interface Alert {
  readonly scenario: string
  readonly decisions: readonly unknown[] | null
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

/** The ban may come before the attack is over, and end it. */
async function bannedFor(siege: Siege, address: string, attack: Attack): Promise<Decision> {
  const attacked = attack(siege, address).then(
    () => undefined,
    (error: unknown) => error,
  )
  try {
    const [{ decision }] = await Promise.all([siege.banned(address), attacked])
    return decision
  } catch (error) {
    throw new Error(`not banned; the attack: ${String(await attacked)}`, { cause: error })
  }
}

describe.concurrent('on the running engine, after a real attack', () => {
  it.for(
    Object.entries(attacksByAddress).map(([name, attack], index) => ({ name, attack, index })),
  )('$name bans the address', async ({ name, attack, index }, context) => {
    const siege = siegeOf(context)
    const decision = await bannedFor(siege, addressOf(index), attack)
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
        expect(alert?.scenario).toBe(`gatepost/${name}`)
        expect(alert?.decisions ?? []).toEqual([])
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
